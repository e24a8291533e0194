"""Writes cached results as an MCP server does: LZ4 frames, each file under a temporary name and then renamed, moments as
epoch floats. Arguments: directory, seconds until each result expires. Prints the paths without their suffixes, as JSON."""

import hashlib
import json
import os
import sys
import time
import uuid

import lz4.frame


def write(path, data):
    with open(path + ".tmp", "wb") as file:
        file.write(data)
    os.replace(path + ".tmp", path)


def store(directory, lifetime):
    session = os.path.join(directory, "session-" + uuid.uuid4().hex[:8])
    os.makedirs(session, exist_ok=True)
    stem = os.path.join(session, str(uuid.uuid4()))
    content = json.dumps([{"row": n, "text": "größer als der Kontext"} for n in range(500)], ensure_ascii=False)
    data = lz4.frame.compress(content.encode())
    now = time.time()
    metadata = {
        "total_count": 500,
        "data_type": "search",
        "query_context": {"query": "größer"},
        "compression_ratio": len(data) / len(content),
        "result_id": os.path.basename(stem),
        "checksum": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "created_at": now,
        "expires_at": now + lifetime,
        "compressed": True,
    }
    write(stem + ".result.json.lz4", data)
    write(stem + ".metadata.json", json.dumps(metadata, ensure_ascii=False).encode())
    return stem


print(json.dumps([store(sys.argv[1], float(lifetime)) for lifetime in sys.argv[2:]]))
