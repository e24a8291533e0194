"""The straightforward way: walk, read, parse, two unlinks. Argument: the directory. Prints what it took as JSON."""

import json
import os
import sys
import time

RESULT = ".result.json.lz4"


def clean(root):
    deleted = freed = 0
    for directory, _, names in os.walk(root):
        for name in names:
            if not name.endswith(RESULT):
                continue
            result = os.path.join(directory, name)
            metadata = result[: -len(RESULT)] + ".metadata.json"
            try:
                with open(metadata, encoding="utf-8") as file:
                    expires_at = json.load(file).get("expires_at")
                if not expires_at or time.time() < expires_at:
                    continue
                freed += os.stat(result).st_size + os.stat(metadata).st_size
                os.unlink(result)
                os.unlink(metadata)
                deleted += 1
            except (OSError, ValueError):
                continue
    return deleted, freed


begin = time.perf_counter()
deleted, freed = clean(sys.argv[1])
print(json.dumps({"ms": (time.perf_counter() - begin) * 1000, "deleted": deleted, "freedBytes": freed}))
