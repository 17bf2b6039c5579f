"""Two ClickHouse servers on loopback, the two shards of the cluster `tlsrpt`."""
import json, os, pathlib, shutil, socket, subprocess, tempfile, time, urllib.error, urllib.request

SOURCE = pathlib.Path(__file__).parents[2]
SCHEMA = SOURCE / "contrib/clickhouse/schema.sql"
PATH = os.environ.get("PATH", "") + ":/usr/sbin"
SERVER = shutil.which("clickhouse-server", path=PATH)
CLIENT = shutil.which("clickhouse-client", path=PATH)
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

CONFIG = """<yandex>
  <logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <tcp_port>{tcp}</tcp_port><http_port>{http}</http_port>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <remote_servers><tlsrpt>{shards}</tlsrpt></remote_servers>
</yandex>
"""
SHARD = "<shard><replica><host>127.0.0.1</host><port>{}</port></replica></shard>"
USERS = """<yandex>
  <profiles><default><max_memory_usage>4000000000</max_memory_usage><max_threads>2</max_threads></default></profiles>
  <users><default><password></password><profile>default</profile><quota>default</quota>
    <networks><ip>127.0.0.1</ip></networks></default></users>
  <quotas><default></default></quotas>
</yandex>
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Servers:
    """Servers that run until stop()."""

    def __init__(self, count=2):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tlsrpt-clickhouse-"))
        ports = free_ports(2 * count)
        self.tcp, self.http, self.processes = ports[:count], ports[count:], []
        shards = "".join(SHARD.format(port) for port in self.tcp)
        for number in range(count):
            folder = self.folder / str(number)
            (folder / "data").mkdir(parents=True)
            (folder / "users.xml").write_text(USERS)
            (folder / "config.xml").write_text(CONFIG.format(folder=folder, tcp=self.tcp[number], http=self.http[number],
                                                             shards=shards))
            self.processes.append(self.start(number))

    def start(self, number):
        folder = self.folder / str(number)
        with open(folder / "output", "ab") as output:
            return subprocess.Popen([SERVER, f"--config-file={folder}/config.xml"], cwd=folder, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=output)

    def kill(self, number):
        self.processes[number].kill()
        self.processes[number].wait()

    def restart(self, number):
        self.processes[number] = self.start(number)
        self.wait()

    def wait(self, seconds=30):
        """Returns when all answer."""
        end = time.monotonic() + seconds
        for number, process in enumerate(self.processes):
            while True:
                try:
                    self.query("SELECT 1", number)
                    break
                except urllib.error.HTTPError:
                    raise
                except OSError as error:
                    if process.poll() is not None or time.monotonic() > end:
                        folder = self.folder / str(number)
                        said = "".join(file.read_text(errors="replace")[-2000:] for file in (folder / "output", folder / "errors") if file.exists())
                        raise AssertionError(f"clickhouse-server does not answer: {error} {said}") from error
                    time.sleep(0.05)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder)

    def url(self, number=0):
        return f"http://127.0.0.1:{self.http[number]}"

    def query(self, query, number=0):
        """What QUERY answers, a tuple a row; numbers are numbers."""
        with OPENER.open(f"{self.url(number)}/?output_format_json_quote_64bit_integers=0",
                         data=query.rstrip().rstrip(";").encode() + b" FORMAT JSONCompact", timeout=60) as answer:
            text = answer.read()
        return [tuple(row) for row in json.loads(text)["data"]] if text else []

    def query_only(self, query, number=0):
        """Runs QUERY, which answers nothing."""
        with OPENER.open(f"{self.url(number)}/", data=query.encode(), timeout=60) as answer:
            answer.read()

    def script(self, path, number=0):
        """Runs the statements of a file with the client."""
        with open(path) as file:
            done = subprocess.run([CLIENT, "--host", "127.0.0.1", "--port", str(self.tcp[number]), "--multiquery"], stdin=file,
                                  capture_output=True, text=True, timeout=60)
        if done.returncode or done.stderr:
            raise AssertionError(f"{path}: {done.stderr}")
        return done.stdout
