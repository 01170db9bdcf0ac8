"""A Grafana that is there already, asked through grafana-api: the one place that knows that library.

It is unmaintained since 2020, so only what every Grafana answers is asked, by uid and never by number; what it lacks
(answers without a body, errors that are no JSON, retries) is made good here. Should it end, this module alone changes.
"""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from grafana_api.grafana_api import GrafanaAPI, GrafanaException

TRIES: Final = 4
_SECONDS: Final = 15.0
_WAIT_SECONDS: Final = 0.5
_FOUND_NOTHING: Final = 404
STALE: Final = 412
_ADVICE: Final = {
    401: "the token is not taken: make one for a service account, and name its file with --token-file",
    403: "the token's service account lacks the right: it needs the role Editor, and Admin for sources of data",
    STALE: "it was changed meanwhile: run the command again",
}


class GrafanaProblem(Exception):
    """Grafana cannot be asked, or will not; the message says why in one line. `status` is HTTP's, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Grafana:
    """One server, by its address and the token of a service account, which no message ever holds."""

    def __init__(self, url: str, token: str, ca_file: str | None = None, wait_seconds: float = _WAIT_SECONDS) -> None:
        """Nothing is asked yet; GrafanaProblem where the address is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise GrafanaProblem("--url: write https://HOST or https://HOST/PATH, without a user")
        prefix = parts.path.strip("/")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._token, self._wait, self._where = token, wait_seconds, f"{parts.scheme}://{parts.netloc}"
        self._api: Any = GrafanaAPI(
            token,
            host=host,
            port=parts.port,
            url_path_prefix=f"{prefix}/" if prefix else "",
            protocol=parts.scheme,
            verify=ca_file or True,
            timeout=_SECONDS,
        )

    def get(self, path: str) -> Any:
        """What stands there; None where nothing does."""
        try:
            return self._ask("GET", path)
        except GrafanaProblem as problem:
            if problem.status == _FOUND_NOTHING:
                return None
            raise

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send something; what is answered."""
        return self._ask("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Put something in the place of what stands there."""
        return self._ask("PUT", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        for tried in range(1, TRIES + 1):
            try:
                return self._once(method, path, body)
            except GrafanaProblem as problem:
                if tried == TRIES or not (problem.status == 0 or problem.status >= 500):
                    raise
                time.sleep(self._wait * 2 ** (tried - 1))
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            return getattr(self._api, method)(path, json=body)
        except GrafanaException as error:
            status = int(error.status_code)
            raise self._problem(_ADVICE.get(status) or str(error.message), status) from None
        except requests.exceptions.JSONDecodeError as error:
            if not error.doc.strip():
                return None  # 204: done, nothing to say
            raise self._problem("no Grafana: it answers, but not with JSON; is a log-in page before it?", 200) from None
        except requests.exceptions.SSLError as error:
            raise self._problem(
                f"its certificate is not trusted ({_short(error)}); name the authority with --ca-file", 495
            ) from None
        except requests.exceptions.Timeout:
            raise self._problem(f"no answer within {_SECONDS:.0f} s") from None
        except requests.exceptions.RequestException as error:
            raise self._problem(f"cannot be reached ({_short(error)})") from None
        except (TypeError, KeyError):  # how the library fails on an error page that is no JSON
            raise self._problem("no Grafana: it answers with an error page", 200) from None

    def _problem(self, text: str, status: int = 0) -> GrafanaProblem:
        shown = " ".join(text.split()).replace(self._token, "…")[:300]
        return GrafanaProblem(f"{self._where}: {shown}" + (f" (HTTP {status})" if status >= 400 else ""), status)


def _short(error: Exception) -> str:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return type(cause or error).__name__
