"""Where things are kept, and who may reach them."""

from pathlib import Path

import pytest

from carclf.errors import ConfigError
from carclf.settings import PROJECT, Settings


def test_without_a_word_the_app_serves_this_machine_from_its_own_folder():
    settings = Settings.from_environment({})

    assert settings.home == PROJECT
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)
    assert settings.is_loopback
    assert settings.password is None


def test_the_environment_chooses_the_folder_and_the_address(tmp_path):
    settings = Settings.from_environment(
        {
            "CARCLF_HOME": str(tmp_path),
            "CARCLF_HOST": "0.0.0.0",
            "CARCLF_PORT": "8080",
            "CARCLF_USER": "ann",
            "CARCLF_PASSWORD": "secret",
        }
    )

    assert settings.db_path == tmp_path / "runs.db"
    assert settings.thumbnails == tmp_path / "cache" / "thumbnails"
    assert settings.resolve(Path("data/x.jpg")) == tmp_path / "data" / "x.jpg"
    assert (settings.port, settings.user, settings.password) == (8080, "ann", "secret")
    assert not settings.is_loopback


@pytest.mark.parametrize("port", ["http", "", "-1", "0", "65536", "7860.0"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(ConfigError, match=r"CARCLF_PORT is .*from 1 to 65535"):
        Settings.from_environment({"CARCLF_PORT": port})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "box.example"])
@pytest.mark.parametrize("password", [{}, {"CARCLF_PASSWORD": ""}])
def test_other_machines_are_served_only_with_a_password(host, password):
    with pytest.raises(ConfigError, match=r"no password is set\. Set CARCLF_PASSWORD"):
        Settings.from_environment({"CARCLF_HOST": host, **password})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_no_password(host):
    assert Settings.from_environment({"CARCLF_HOST": host}).is_loopback


def test_tools_for_models_are_off_unless_switched_on():
    on, off, unsaid = (
        Settings.from_environment({"CARCLF_MCP": said} if said else {})
        for said in ("1", "0", "")
    )

    assert (on.mcp, off.mcp, unsaid.mcp) == (True, False, False)
    with pytest.raises(ConfigError, match="CARCLF_MCP is 'yes'"):
        Settings.from_environment({"CARCLF_MCP": "yes"})
