"""Who is next, and who is refused: the decisions of the queue, without a pool."""

import contextlib
from collections import Counter

import pytest

from runner.server.fair_queue import FairQueue, OverloadedError, Tenant, Ticket
from tests.server.loops import in_loop


def queue(workers: int = 1, **limits: int) -> FairQueue:
    return FairQueue(workers, **{"most_waiting": 100_000, "most_bytes": 1000, **limits})


def work_off(waits: FairQueue, tickets: list[Ticket], count: int) -> list[str]:
    """End what is granted, the oldest grant first, and return whose it was."""
    granted: list[Ticket] = []
    order = []
    for _ in range(count):
        new = [each for each in tickets if each.granted.done() and each not in granted]
        granted += new
        ticket = granted.pop(0)
        tickets.remove(ticket)
        order.append(str(ticket.flow))
        waits.leave(ticket, took_s=1.0)
    return order


@in_loop
async def test_no_more_than_the_workers_can_take_is_granted() -> None:
    waits = queue(workers=4)
    tickets = [waits.enter(Tenant("t"), "flow") for _ in range(20)]
    assert sum(ticket.granted.done() for ticket in tickets) == waits.running == 6
    assert waits.waiting == 14


@in_loop
async def test_a_batch_of_10000_delays_a_single_request_by_one_execution() -> None:
    waits, tenant = queue(), Tenant("t")
    tickets = [waits.enter(tenant, "batch") for _ in range(10_000)]
    tickets.append(waits.enter(tenant, "single"))
    order = work_off(waits, tickets, 6)
    assert "single" in order[:4]


@in_loop
async def test_flows_take_turns() -> None:
    waits, tenant = queue(), Tenant("t")
    tickets = [waits.enter(tenant, flow) for flow in "abc" for _ in range(100)]
    order = work_off(waits, tickets, 150)
    counts = Counter(order)
    assert max(counts.values()) - min(counts.values()) <= 3


@in_loop
async def test_tenants_take_turns_however_many_flows_they_have() -> None:
    waits = queue()
    crowd, alone = Tenant("crowd"), Tenant("alone")
    tickets = [waits.enter(crowd, flow) for flow in range(50) for _ in range(10)]
    tickets += [waits.enter(alone, "alone") for _ in range(50)]
    assert 45 <= work_off(waits, tickets, 100).count("alone") <= 50


@in_loop
async def test_a_tenant_has_no_more_running_than_its_limit() -> None:
    waits = queue(workers=8)
    bounded, free = Tenant("bounded", 2), Tenant("free")
    tickets = [waits.enter(bounded, "bounded") for _ in range(20)]
    assert waits.running == bounded.running == 2
    tickets += [waits.enter(free, "free") for _ in range(20)]
    assert bounded.running == 2
    assert free.running == waits.running - 2
    while tickets:
        work_off(waits, tickets, 1)
        assert bounded.running <= 2
    assert (waits.waiting, waits.running, bounded.running, free.running) == (0, 0, 0, 0)


@in_loop
async def test_a_place_that_is_given_up_is_gone() -> None:
    waits, tenant = queue(), Tenant("t")
    tickets = [waits.enter(tenant, n % 3) for n in range(30)]
    for ticket in [each for each in tickets if not each.granted.done()]:
        ticket.granted.cancel()
        waits.leave(ticket)
        tickets.remove(ticket)
    assert (waits.waiting, waits.running) == (0, 2)
    work_off(waits, tickets, 2)
    assert (waits.running, tenant.running, tenant.flows) == (0, 0, {})


@in_loop
async def test_a_turn_that_comes_between_cancellation_and_leaving_is_passed_on() -> None:
    waits, tenant = queue(), Tenant("t")
    tickets = [waits.enter(tenant, "flow") for _ in range(6)]
    cancelled = tickets[2:4]
    for ticket in cancelled:
        ticket.granted.cancel()
    waits.leave(tickets[0])
    assert tickets[4].granted.done()
    for ticket in (*cancelled, tickets[1], tickets[4], tickets[5]):
        waits.leave(ticket)
    assert (waits.waiting, waits.running, tenant.running, tenant.flows) == (0, 0, 0, {})


@in_loop
async def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    waits, tenant = queue(most_waiting=3), Tenant("t")
    tickets = [waits.enter(tenant, "flow") for _ in range(5)]
    with pytest.raises(OverloadedError, match="max_queue") as refused:
        waits.check_room(tenant)
    assert refused.value.retry_after_s == 1
    work_off(waits, tickets, 1)
    waits.check_room(tenant)


@in_loop
async def test_bytes_are_bounded_and_given_back() -> None:
    waits, tenant = queue(most_bytes=1000), Tenant("t")
    with waits.bytes_held(tenant, 600):
        with pytest.raises(OverloadedError, match="600 bytes"), waits.bytes_held(tenant, 600):
            pass
        with waits.bytes_held(tenant, 400):
            pass
    with waits.bytes_held(tenant, 5000):  # alone, or it could never be served
        pass


@in_loop
async def test_a_tenant_leaves_room_for_others_in_both_limits() -> None:
    waits = queue(most_waiting=100, most_bytes=100)
    tenants = [Tenant(name) for name in "abc"]
    used = []
    for tenant in tenants:
        tenant.alone = False
        held = contextlib.ExitStack()
        tickets = []
        with contextlib.suppress(OverloadedError):
            for _ in range(200):
                waits.check_room(tenant)
                tickets.append(waits.enter(tenant, "flow"))
        with contextlib.suppress(OverloadedError):
            for _ in range(200):
                held.enter_context(waits.bytes_held(tenant, 1))
        used.append((tenant.waiting, tenant.bytes, held, tickets))
    assert [(waiting, held) for waiting, held, _, _ in used] == [(50, 50), (25, 25), (13, 13)]
    for _, _, stack, tickets in used:
        stack.close()
        for ticket in tickets:
            waits.leave(ticket)
    assert [(each.waiting, each.bytes, each.running) for each in tenants] == [(0, 0, 0)] * 3
    assert (waits.waiting, waits.running) == (0, 0)
