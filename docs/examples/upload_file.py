import time
from pathlib import Path

import httpx


def upload_file(service: str, path: str, *, user_id="", provider="", session_id="", tries=3) -> dict:
    """Uploads a file and returns the answer with its `file_id`. To repeat it is safe: equal content is sent once."""
    fields = {"user_id": user_id, "provider": provider, "session_id": session_id}
    for left in reversed(range(tries)):
        with open(path, "rb") as file:  # streamed from the disk
            try:
                answer = httpx.post(
                    f"{service}/files",
                    data=fields,
                    files={"file": (Path(path).name, file)},
                    timeout=httpx.Timeout(10, read=600, write=60),
                )
            except httpx.TransportError:
                answer = None
        if answer is not None and answer.is_success:
            return answer.json()
        # Full, busy, away, or late: the same again helps. Anything else would be refused again.
        may_help = answer is None or answer.status_code in (429, 503, 504)
        if left == 0 or not may_help:
            why = "unreachable" if answer is None else f"{answer.status_code} {answer.text}"
            raise RuntimeError(f"upload of {path}: {why}")
        time.sleep(float(answer.headers.get("retry-after", 1)) if answer is not None else 1)
    raise ValueError("tries must be at least 1")
