"""The package itself: its life, its errors, and the plugin for pytest."""

import http.client
import os
import subprocess
import sys

import labserve
import pytest


def get(server, path):
    """The status and the body of one response on a new connection."""
    connection = http.client.HTTPConnection(*server.address)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_it_stops_with_its_block():
    with labserve.start() as server:
        assert server.is_running
        assert get(server, "/")[0] == 200
    assert not server.is_running
    assert server.summary().connections == 1
    assert server.stop() is server.summary()
    with pytest.raises(labserve.Ended):
        server.release("go")


def test_a_held_response_does_not_delay_the_end():
    with labserve.start(rules=["hold=go"]) as server:
        connection = http.client.HTTPConnection(*server.address)
        connection.request("GET", "/")
        server.wait("request")
    assert server.summary().unanswered == 1


def test_a_directory_is_served(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/a.txt").write_text("text")
    # This file is not for the server under test.
    (tmp_path / "server.toml").write_text("nonsense")
    monkeypatch.chdir(tmp_path)
    with labserve.start("nginx", site="site") as server:
        assert get(server, "/a.txt") == (200, b"text")


def test_a_profile_of_a_file(tmp_path, monkeypatch):
    (tmp_path / "own.toml").write_text('extends = "nginx"\n[timers]\nidle = "1s"\n')
    monkeypatch.chdir(tmp_path)
    with labserve.start("own.toml") as server:
        assert server.settings()["timers.idle"] == "1s"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "ngix"}, "did you mean `nginx`?"),
        ({"rules": ["path=/big end=rest"]}, 'did you mean "reset"?'),
        ({"rules": [{"path": "/big", "end": "rest"}]}, 'did you mean "reset"?'),
        ({"settings": {"timers.idel": "5s"}}, "timers.idel"),
        ({"site": "/no/such/directory"}, "/no/such/directory"),
    ],
)
def test_mistakes_are_told_as_the_program_tells_them(options, message):
    with pytest.raises(labserve.NotStarted) as caught:
        labserve.start(**options)
    assert message in str(caught.value)


@pytest.mark.parametrize("path", ["a.txt", "/", "/../a", "/a/", "//a"])
def test_a_path_of_a_site_is_that_of_a_file(path):
    with pytest.raises(ValueError, match="expected the path of a file"):
        labserve.start(site={path: "text"})


@pytest.mark.parametrize(
    "body", ["two words", "a 'b' c", 'a "b" c', "'\"", "back\\slash", '\\"', "line\nline\ttab", "true", "5", "中文", ""]
)
def test_a_rule_as_a_table_means_what_it_says(body):
    rules = [{"status": 503, "fields": ["Retry-After: 1", 'X: "a", b'], "body": body, "name": "busy"}]
    with labserve.start("nginx", rules=rules) as server:
        assert get(server, "/") == (503, body.encode())
        assert server.rules()[0]["fields"] == ["Retry-After: 1", 'X: "a", b']


def test_rules_come_and_go():
    with labserve.start("nginx") as server:
        server.rules.add("name=busy status=503", {"name": "gone", "status": 410})
        assert get(server, "/")[0] == 503
        server.rules.remove("busy")
        assert get(server, "/")[0] == 410
        assert [(rule["name"], rule["hits"]) for rule in server.rules()] == [("gone", 1)]
        server.rules.clear()
        assert get(server, "/")[0] == 200
        with pytest.raises(labserve.Refused, match="did you mean"):
            server.rules.add({"end": "rest"})


def test_settings_change_and_return():
    with labserve.start("node") as server:
        server.settings.change({"timers.idle": "7s"})
        assert server.settings()["timers.idle"] == "7s"
        server.settings.reset()
        assert server.settings()["timers.idle"] == "5s"
        with pytest.raises(labserve.Refused, match=r"timers\.idel"):
            server.settings.change({"timers.idel": "7s"})


def test_a_server_that_tests_share():
    with labserve.start("nginx", rules=["status=503 times=1"]) as server:
        for _ in range(2):
            assert [get(server, "/")[0] for _ in range(2)] == [503, 200]
            server.wait("closed", times=2)
            server.summary().check("connections == 2")
            server.reset()
        assert server.summary().requests == 0


def test_what_does_not_happen():
    with labserve.start() as server:
        with pytest.raises(labserve.NotInTime, match="has not happened"):
            server.wait("closed", within=0.01)
        with pytest.raises(labserve.Refused, match="cosed"):
            server.wait("cosed")


def test_assertions_say_what_is_different():
    with labserve.start() as server:
        get(server, "/a")
    with pytest.raises(AssertionError, match="connections is 1; expected == 2"):
        server.summary().check("connections == 2")
    with pytest.raises(AssertionError, match="did you mean `connections`"):
        server.summary().check("conections == 2")


def test_a_program_that_was_killed():
    server = labserve.start()
    os.kill(server.pid, 9)
    with pytest.raises(labserve.Ended):
        server.wait("closed")
    with pytest.raises(labserve.Ended):
        server.stop()


def test_it_ends_with_the_process_that_started_it():
    code = "import labserve, os; print(labserve.start().pid, flush=True); os._exit(1)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    # The output ends when the parent has ended; the server has not inherited it.
    pid = int(done.stdout)
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break


def test_a_failing_test_shows_the_connections(pytester):
    pytester.makepyfile(
        """
        import http.client
        import labserve as lab

        def get(server):
            connection = http.client.HTTPConnection(*server.address)
            connection.request("GET", "/big")
            try:
                connection.getresponse().read()
            except OSError:
                pass
            connection.close()

        def test_with_the_fixture(labserve):
            server = labserve.start(rules=["name=cut after_bytes=1000 end=reset"], site={"/big": "x" * 5000})
            get(server)
            assert server.summary().connections == 2

        def test_with_the_module():
            with lab.start() as server:
                get(server)
                assert False

        def test_that_passes(labserve):
            get(labserve.start())
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*connections of <labserve node on http://127.0.0.1:*>*",
            "1 connection, 1 request",
            "#1  client 127.0.0.1:* server",
            "*| GET /big ---*>|",
            "*|<---* 200, 1000 bytes, cut short |  cut",
            "*|<---* RST |  rule",
            "*connections of <labserve node on http://127.0.0.1:*>*",
            "*|<---* 404, * bytes |",
            "*| FIN ---*>|  client_fin",
        ]
    )
