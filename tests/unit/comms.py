"""A comm without a kernel: keeps what a widget publishes, and lets a test speak as the browser."""

from contextlib import contextmanager

import comm
from comm.base_comm import BaseComm, CommManager


class RecordingComm(BaseComm):
    """Messages out in `published`, as (kind of message, data, buffers)."""

    def __init__(self, *args, **kwargs):
        self.published = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        self.published.append((msg_type, data or {}, buffers or []))

    def updates(self, trait):
        """The values of one trait in the order they were sent."""
        return [
            data["state"][trait]
            for _, data, _ in self.published
            if data.get("method") == "update" and trait in data.get("state", {})
        ]

    def set(self, **state):
        """The browser sets synced traits."""
        self.handle_msg({"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []})

    def say(self, **content):
        """The browser sends a custom message."""
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


@contextmanager
def recording(monkeypatch):
    """Widgets made inside have a RecordingComm."""
    manager = CommManager()
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    monkeypatch.setattr(comm, "get_comm_manager", lambda: manager)
    yield manager
