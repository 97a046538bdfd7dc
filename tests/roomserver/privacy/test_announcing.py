"""A policy that keeps more: announced, in force on its day, accepted before chat and the booth."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.limits import DAY_MS
from roomserver.clock import ServerClock
from roomserver.config import PrivacyConfig
from roomserver.retention import Retention
from storage.privacy.policyfile import load_policy
from storage.privacy.revisions import adopt
from storage.privacy.versions import ANNOUNCED_MS
from tests.support.server import SONG, House

LONGER = 'schema = 1\n[category.votes]\nttl = "60d"\n'


def reloading(house: House, text: str) -> PrivacyConfig:
    """Write a policy, and return the settings that name it."""
    path = house.data / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return PrivacyConfig(policy=str(path))


async def publish(house: House, *, ago_ms: int = 0) -> None:
    """Have the operator put a policy on record that keeps votes longer."""
    path = reloading(house, LONGER).policy
    rights = house.server.rights
    await adopt(rights.vault.database, load_policy(Path(path)), rights.now_ms() - ago_ms)
    await rights.announcer.settle()


async def test_announced(house: House) -> None:
    """Everybody online is told, the old policy records on, and nothing waits for an acceptance yet."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    await publish(house)
    told = await anna.hear("policy.changed")

    assert (told["rev"], told["material"]) == (2, True)
    assert "votes" in told["summary"]
    assert house.server.rights.rev() == 1
    privacy = (await anna.ask("privacy.status"))["privacy"]
    assert (privacy["policy"]["rev"], privacy["coming"]["rev"], privacy["must_accept"]) == (1, 2, False)
    await anna.ask("chat.send", room="lobby", text="still fine")


async def test_never_recorded_by_before_its_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A reload with a policy that keeps more has nothing recorded by it, not for an instant, also not by
    the next process; people are told of it once, and of no other.
    """
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    seen: list[int] = []
    recorder = house.server.retention.recorder
    monkeypatch.setattr(recorder, "adopt", lambda in_force: seen.append(in_force.rev))
    longer = reloading(house, LONGER)
    assert await house.server.adopt_policy(longer)
    await anna.hear("policy.changed")
    await anna.synced()

    assert [one["rev"] for one in anna.events("policy.changed")] == [2]
    assert anna.events("notice.changed") == []
    assert (seen, recorder.in_force.rev) == ([], 1)
    assert await house.server.retention.sweeping.restamps.waiting() == []
    retention = await Retention.open(longer, house.server._database, ServerClock("next"))
    assert retention.recorder.in_force.rev == 1


async def test_on_its_day_everybody_is_told(house: House) -> None:
    """When the day has come the notice is another one, and what the policy keeps less long is restamped."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    mixed = load_policy(Path(reloading(house, LONGER + '[category.chat]\nttl = "9d"\n').policy))
    rights = house.server.rights
    await adopt(rights.vault.database, mixed, rights.now_ms() - ANNOUNCED_MS)
    await rights.tick()

    assert (await anna.hear("notice.changed"))["notice"]["rev"] == 2
    assert (await anna.hear("policy.changed"))["rev"] == 2
    assert len(await house.server.retention.sweeping.restamps.waiting()) == 1


async def test_told_at_the_next_login(house: House) -> None:
    """Who was away is told when they come, until they have accepted."""
    anna = await house.user("anna")
    await publish(house)
    again = await house.again(anna)
    await again.hear("policy.changed", rev=2)
    await again.ask("privacy.accept", rev=2)
    third = await house.again(anna)
    await third.synced()

    assert third.events("policy.changed") == []


async def test_on_its_day(house: House) -> None:
    """Chat and the booth wait for the acceptance, on every connection; rights and watching do not."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    second = await house.again(anna)
    await second.ask("room.join", room="lobby")
    await publish(house, ago_ms=ANNOUNCED_MS)
    assert house.server.rights.rev() == 2
    refused = await anna.refused("chat.send", room="lobby", text="hi")
    assert (refused["code"], refused["rev"]) == ("policy_reaccept_required", 2)
    refused = await anna.refused("waitlist.join", room="lobby", media=SONG)
    assert refused["code"] == "policy_reaccept_required"
    assert (await anna.ask("privacy.status"))["privacy"]["must_accept"]
    await anna.ask("privacy.export")
    wrong = await anna.refused("privacy.accept", rev=1)
    assert (wrong["code"], wrong["rev"]) == ("conflict", 2)
    assert (await anna.refused("privacy.accept", rev=3))["code"] == "conflict"
    answered = await anna.ask("privacy.accept", rev=2)
    assert (answered["privacy"]["accepted_rev"], answered["privacy"]["must_accept"]) == (2, False)

    await second.ask("chat.send", room="lobby", text="hi")


async def test_guests_agree_to_nothing(house: House) -> None:
    """A guest needs no acceptance, and cannot give one."""
    guest = await house.guest()
    await guest.ask("room.join", room="lobby")
    await publish(house, ago_ms=ANNOUNCED_MS + DAY_MS)

    assert not (await guest.ask("privacy.status"))["privacy"]["must_accept"]
    assert (await guest.refused("privacy.accept", rev=2))["code"] == "forbidden"


async def test_over_a_restart(house: House, tmp_path: Path) -> None:
    """An announced policy is still only announced after a restart with the new file."""
    await publish(house)
    await house.restart()

    versions = house.server.rights.choices.versions
    assert [(one.rev, one.material) for one in versions[:2]] == [(1, False), (2, True)]
