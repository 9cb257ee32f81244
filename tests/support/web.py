"""HTTP for tests."""

from __future__ import annotations

import httpx


def client(base_url: str = "", **headers: str) -> httpx.Client:
    """A client with these headers (`x_api_key` is x-api-key)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    # No test speaks TLS, and loading certificates costs more than any call.
    return httpx.Client(base_url=base_url, headers=named, timeout=60, verify=False)


def get(url: str, **headers: str) -> httpx.Response:
    """One GET on a connection of its own."""
    with client(**headers) as http:
        return http.get(url)
