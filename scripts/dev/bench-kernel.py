"""Times kernels through a real Jupyter client: start to the first result, and cells after that. Answers in JSON."""

import json
import os
import sys
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

CELLS = 20


def measure(argv, cwd, cells):
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(argv=[*argv, "--config-path={connection_file}"], display_name="bench", language="typescript")
    start = time.perf_counter()
    manager.start_kernel(cwd=cwd, env=dict(os.environ))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)

        def run(code):
            before = time.perf_counter()
            reply = client.execute_interactive(code, timeout=120, output_hook=lambda message: None, allow_stdin=False)
            if reply["content"]["status"] != "ok":
                raise RuntimeError(json.dumps(reply["content"]))
            return (time.perf_counter() - before) * 1000

        run("1+1")
        first = (time.perf_counter() - start) * 1000
        latencies = sorted(run(f"const value{index} = {index};\nvalue{index} + 1") for index in range(cells))
        return {"first": first, "cell": latencies[len(latencies) // 2]}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


plan = json.load(sys.stdin)
# In turn, so that what else the machine does strikes both.
samples = {name: [] for name in plan["kernels"]}
for _ in range(plan["runs"]):
    for name, argv in plan["kernels"].items():
        samples[name].append(measure(argv, plan["cwd"], CELLS))
json.dump(samples, sys.stdout)
