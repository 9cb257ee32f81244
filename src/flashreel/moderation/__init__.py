"""What a server makes and what it refuses: a policy of categories, and checkers of prompts and pictures."""
