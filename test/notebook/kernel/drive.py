"""Drives one kernel through a real Jupyter client: reads its steps as JSON, writes what came of each as JSON."""

import json
import os
import sys
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

PATIENCE = 60
# Messages that say how a request goes, and not what came of it.
COURSE = {"status", "execute_input"}


class Driver:
    def __init__(self, plan):
        self.manager = KernelManager()
        argv = [*plan["argv"], "--config-path={connection_file}"]
        self.manager._kernel_spec = KernelSpec(argv=argv, display_name="Stitchbook", language="typescript", interrupt_mode=plan["interrupt"])
        self.manager.start_kernel(cwd=plan["cwd"], env={**os.environ, **plan["env"]})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.ids = []
        self.messages = []

    def pump(self, is_enough):
        deadline = time.monotonic() + PATIENCE
        while not is_enough():
            if time.monotonic() > deadline:
                raise TimeoutError(json.dumps(self.messages[-5:]))
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            self.messages.append((message["parent_header"].get("msg_id"), message["msg_type"], message["content"]))

    def of(self, request):
        return [(kind, content) for parent, kind, content in self.messages if parent == request]

    def is_idle(self, request):
        return any(kind == "status" and content["execution_state"] == "idle" for kind, content in self.of(request))

    def text(self, request):
        return "".join(content["text"] for kind, content in self.of(request) if kind == "stream")

    def reply(self, request):
        while True:
            message = self.client.get_shell_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == request:
                return message["content"]

    def execute(self, step):
        options = {key: step[key] for key in ("silent", "store_history", "stop_on_error", "user_expressions") if key in step}
        request = self.client.execute(step["execute"], allow_stdin=False, **options)
        self.ids.append(request)
        if "interruptAt" in step:
            self.pump(lambda: len(self.of(request)) > 0 and step["interruptAt"] in self.text(request))
            self.manager.interrupt_kernel()
        self.pump(lambda: self.is_idle(request))
        reply = self.reply(request)
        all_of = self.of(request)
        return {
            "reply": reply,
            "outputs": [{"type": kind, **content} for kind, content in all_of if kind not in COURSE],
            "course": [content.get("execution_state", kind) for kind, content in all_of if kind in COURSE],
        }

    def queue(self, step):
        requests = [self.client.execute(code, stop_on_error=step["stop_on_error"], allow_stdin=False) for code in step["queue"]]
        replies = {}
        while len(replies) < len(requests):
            message = self.client.get_shell_msg(timeout=PATIENCE)
            replies[message["parent_header"].get("msg_id")] = message["content"]["status"]
        self.pump(lambda: all(self.is_idle(request) for request in requests))
        return [replies[request] for request in requests]

    def late(self, step):
        """Waits for output that belongs to an earlier execution, counted from the last one backwards."""
        request = self.ids[step["late"]]
        self.pump(lambda: step["until"] in self.text(request) or any(kind == step["until"] for kind, _ in self.of(request)))
        return self.text(request)

    def ask(self, step):
        method = getattr(self.client, step["ask"])
        return self.reply(method(*step["args"]))

    def control(self, step):
        message = self.client.session.msg(step["control"], {})
        self.client.control_channel.send(message)
        while True:
            answer = self.client.get_control_msg(timeout=PATIENCE)
            if answer["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return {"type": answer["msg_type"], "content": answer["content"]}

    def write(self, step):
        path = step["write"]
        if step["text"] is None:
            os.remove(path)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(step["text"])

    def restart(self, _step):
        self.manager.restart_kernel(now=False)
        self.client.wait_for_ready(timeout=PATIENCE)

    def take(self, step):
        for name in ("execute", "queue", "late", "ask", "control", "write", "restart"):
            if name in step:
                return getattr(self, name)(step)
        raise ValueError(f"unknown step {step}")

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)


def main():
    plan = json.load(sys.stdin)
    driver = Driver(plan)
    try:
        results = [driver.take(step) for step in plan["steps"]]
    finally:
        driver.close()
    json.dump(results, sys.stdout)


main()
