"""The web page at `/` and the API's description at `/docs`: static files, served by the api process itself."""
