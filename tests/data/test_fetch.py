"""Fetching: from a mirror and from a server that answers well, wrongly, late or not at all."""

import hashlib
import io
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crmlab import registry, store
from crmlab.data import fetch
from crmlab.data.archives import read_member
from crmlab.declare.dataset import Dataset, Source
from crmlab.errors import DataError

CONTENT = b"customer,amount\n00123,10.00\n" * 2000
PAGE = b"<!DOCTYPE html><html><body>Please accept our cookies</body></html>"


def sha(content):
    return hashlib.sha256(content).hexdigest()


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return buffer.getvalue()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        answer = self.server.pages.get(self.path, 404)
        if isinstance(answer, int):
            self.send_error(answer)
            return
        promised, body = answer if isinstance(answer, tuple) else (len(answer), answer)
        self.send_response(200)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if promised > len(body) and self.server.hold.is_set():
            self.server.release.wait(20)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.pages, running.asked = {}, []
    running.hold, running.release = threading.Event(), threading.Event()
    running.url = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.release.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def project(project, monkeypatch):
    monkeypatch.delenv("CRMLAB_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    return project


def declare(monkeypatch, *sources):
    shop = Dataset(label="Shop", cite="", licence="", homepage="", sources=sources)
    monkeypatch.setattr(registry, "find", lambda folder, name: shop)


def files(project):
    return sorted(str(p.relative_to(project)) for p in (project / "data").rglob("*") if p.is_file())


def failure(project):
    """Fetch, expect an error that says where to put the file, and nothing left behind."""
    with pytest.raises(DataError) as error:
        fetch.fetch("shop")
    text = str(error.value)
    assert "shop: orders.csv: " in text
    assert "by hand at data/raw/shop/orders.csv" in text
    assert "crmlab fetch shop" in text
    assert files(project) == []
    return text


def test_downloads_once_and_verifies(project, server, monkeypatch):
    server.pages["/orders.csv"] = CONTENT
    declare(monkeypatch, Source("day/orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    folder = fetch.fetch("shop")
    assert (folder / "day/orders.csv").read_bytes() == CONTENT
    assert files(project) == ["data/raw/shop/day/orders.csv"]
    fetch.fetch("shop")
    assert server.asked == ["/orders.csv"]
    assert fetch.verified("shop") == folder


def test_a_corrupted_file_is_reported_and_replaced(project, server, monkeypatch, caplog):
    server.pages["/orders.csv"] = CONTENT
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    path = fetch.fetch("shop") / "orders.csv"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(DataError, match="crmlab fetch shop"):
        fetch.verified("shop")
    fetch.fetch("shop")
    assert "data/raw/shop/orders.csv is not the published file" in caplog.text
    assert path.read_bytes() == CONTENT


def test_a_corrupted_file_stays_where_no_other_can_be_had(project, server, monkeypatch):
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/gone"))
    path = store.raw_folder("shop") / "orders.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with pytest.raises(DataError, match="404"):
        fetch.fetch("shop")
    assert path.read_bytes() == b"mine"


def test_no_network(project, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"http://127.0.0.1:{port}/orders.csv"))
    text = failure(project)
    assert "there is no connection" in text
    assert f"http://127.0.0.1:{port}/orders.csv" in text


def test_not_found_is_not_asked_again_but_a_tired_server_is(project, server, monkeypatch):
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    assert "the server answered 404" in failure(project)
    assert len(server.asked) == 1
    server.pages["/orders.csv"] = 503
    assert "the server answered 503" in failure(project)
    assert len(server.asked) == 1 + fetch.ATTEMPTS


def test_wrong_hash_names_both(project, server, monkeypatch):
    server.pages["/orders.csv"] = b"other"
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    text = failure(project)
    assert sha(CONTENT) in text
    assert sha(b"other") in text


def test_a_page_instead_of_the_file(project, server, monkeypatch):
    server.pages["/orders.csv"] = server.pages["/orders.zip"] = PAGE
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    assert "an HTML page came instead of the file" in failure(project)
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.zip", member="orders.csv"))
    assert "an HTML page came instead of the file" in failure(project)


def test_a_short_file(project, server, monkeypatch):
    source = Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv", size=len(CONTENT))
    declare(monkeypatch, source)
    server.pages["/orders.csv"] = CONTENT[:1000]
    assert f"1,000 bytes of {len(CONTENT):,} expected (it ends early)" in failure(project)
    server.pages["/orders.csv"] = (len(CONTENT), CONTENT[:1000])
    assert "the connection ended before the file did" in failure(project)


def test_a_member_is_taken_out_of_its_archive(project, server, monkeypatch):
    server.pages["/a.zip"] = zipped(readme="x", **{"data/orders.csv": CONTENT})
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/a.zip", member="orders.csv"))
    fetch.fetch("shop")
    assert files(project) == ["data/raw/shop/orders.csv"]


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "..\\evil.csv", "C:\\evil.csv"])
def test_an_archive_that_writes_outside_its_folder(project, server, monkeypatch, name):
    server.pages["/a.zip"] = zipped(**{"orders.csv": CONTENT, name: b"evil"})
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/a.zip", member="orders.csv"))
    assert "the archive writes outside its folder" in failure(project)
    assert not list(project.rglob("*evil*"))


def test_other_bad_archives():
    link = zipfile.ZipInfo("orders.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="holds a symbolic link"):
        read_member(buffer, "orders.csv")
    with pytest.raises(DataError, match="would unpack to 54,000 bytes"):
        read_member(io.BytesIO(zipped(**{"orders.csv": CONTENT[:54000]})), "orders.csv", largest=1000)
    with pytest.raises(DataError, match=r"does not hold 'order\.csv'\. Did you mean 'orders\.csv'"):
        read_member(io.BytesIO(zipped(**{"orders.csv": CONTENT})), "order.csv")
    with pytest.raises(DataError, match="holds 2 files that could be"):
        read_member(io.BytesIO(zipped(**{"a/orders.csv": b"1", "b/orders.csv": b"2"})), "orders.csv")
    whole = zipped(**{"orders.csv": CONTENT})
    for broken in (whole[:2000], b"", whole.replace(b"00123", b"00124", 1)):
        with pytest.raises(DataError, match="not a readable zip archive"):
            read_member(io.BytesIO(broken), "orders.csv")


def test_the_mirror_comes_first(project, server, monkeypatch):
    source = Source("day/orders.csv", sha(CONTENT), f"{server.url}/orders.csv")
    declare(monkeypatch, source)
    kept = project / "mirror" / "shop" / "day" / "orders.csv"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(CONTENT)
    monkeypatch.setenv("CRMLAB_MIRROR", "mirror")
    fetch.fetch("shop")
    assert server.asked == []
    assert files(project) == ["data/raw/shop/day/orders.csv"]


def test_a_wrong_or_missing_mirror_is_said(project, server, monkeypatch):
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    monkeypatch.setenv("CRMLAB_MIRROR", "nowhere")
    with pytest.raises(DataError, match=r"CRMLAB_MIRROR names .*nowhere', which is not a folder"):
        fetch.fetch("shop")
    (project / "mirror" / "shop").mkdir(parents=True)
    monkeypatch.setenv("CRMLAB_MIRROR", "mirror")
    text = failure(project)
    assert "404" in text
    assert str(project / "mirror/shop/orders.csv") in text
    (project / "mirror/shop/orders.csv").write_bytes(b"other")
    assert f"what came from {project}/mirror/shop/orders.csv is not the published file" in failure(project)


def test_a_borrowed_file_comes_from_its_owner(project, server, monkeypatch):
    source = Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv", dataset="owner")
    declare(monkeypatch, source)
    owned = store.raw_folder("owner") / "orders.csv"
    owned.parent.mkdir(parents=True)
    owned.write_bytes(CONTENT)
    assert (fetch.fetch("shop") / "orders.csv").read_bytes() == CONTENT
    assert server.asked == []


def test_nothing_to_fetch_makes_an_empty_folder(project, monkeypatch):
    declare(monkeypatch)
    assert fetch.fetch("shop").is_dir()
    assert files(project) == []


CHILD = """
import sys
from crmlab import registry
from crmlab.data import fetch
from crmlab.declare.dataset import Dataset, Source
shop = Dataset(label="", cite="", licence="", homepage="", sources=(Source("orders.csv", *sys.argv[1:]),))
registry.find = lambda folder, name: shop
fetch.fetch("shop")
"""


def child(server):
    argv = [sys.executable, "-c", CHILD, sha(CONTENT), f"{server.url}/orders.csv"]
    return subprocess.Popen(argv, env=dict(os.environ))


def test_killed_in_the_middle_of_a_download(project, server, monkeypatch):
    server.pages["/orders.csv"] = (len(CONTENT), CONTENT[:20000])
    server.hold.set()
    process = child(server)
    deadline = time.monotonic() + 30
    while not any(p.stat().st_size for p in project.rglob("*.part")) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [f.startswith("data/raw/shop/.orders.csv.") for f in files(project)] == [True]

    server.hold.clear()
    server.release.set()
    server.pages["/orders.csv"] = CONTENT
    declare(monkeypatch, Source("orders.csv", sha(CONTENT), f"{server.url}/orders.csv"))
    fetch.fetch("shop")
    assert files(project) == ["data/raw/shop/orders.csv"]


def test_two_processes_at_once_download_once(project, server):
    server.pages["/orders.csv"] = CONTENT
    both = [child(server), child(server)]
    assert [p.wait(60) for p in both] == [0, 0]
    assert server.asked == ["/orders.csv"]
    assert files(project) == ["data/raw/shop/orders.csv"]
