"""The faults that a pool has to survive, and the tests that show it; each name must exist.

``engine``: on a ``dockerd`` of the test's own. ``real``: on real sandboxes. ``fake``: through a fake
at a seam, where no real sandbox can be brought to do such a thing, or not often enough.
"""

import re
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]

TABLE: dict[str, str] = {
    "container killed while leased": """
        real faults/test_pool_faults.py::test_a_sandbox_killed_while_leased_costs_one_attempt""",
    "container killed while idle": """
        real faults/test_pool_faults.py::test_a_sandbox_killed_while_idle_costs_nobody_anything""",
    "all containers killed at once": """
        real faults/test_pool_faults.py::test_all_sandboxes_killed_at_once_lose_no_request""",
    "killed by the same program every time": """
        real faults/test_pool_faults.py::test_code_that_kills_itself_every_time_is_to_blame
        real faults/test_pool_faults.py::test_a_request_that_loses_every_sandbox_is_to_blame_and_harms_nobody""",
    "paused": """
        real faults/test_pool_faults.py::test_a_frozen_sandbox_is_given_up
        real faults/test_worker_faults.py::test_a_sandbox_that_froze_while_idle_is_given_up""",
    "out of memory: subject": """
        real faults/test_worker_faults.py::test_a_solution_that_runs_its_container_out_of_memory_is_to_blame""",
    "out of memory: worker": """
        real faults/test_worker_faults.py::test_a_worker_that_finds_too_little_memory_says_which_setting_to_raise
        real faults/test_worker_faults.py::test_a_worker_that_runs_out_of_memory_costs_its_sandbox_and_nothing_else""",
    "engine restarted or killed with a pool open": """
        engine faults/test_engine_faults.py::test_a_pool_outlives_a_restart_of_its_engine""",
    "engine hangs": """
        engine faults/test_engine_faults.py::test_an_engine_that_hangs_holds_nobody_up
        engine faults/test_engine_faults.py::test_a_pool_can_be_shut_down_while_its_engine_hangs""",
    "engine unreachable at start": """
        engine faults/test_engine_faults.py::test_a_start_waits_for_an_engine_that_comes
        engine faults/test_engine_faults.py::test_a_start_says_that_there_is_no_engine_and_may_be_tried_again
        engine faults/test_engine_faults.py::test_a_start_that_waits_for_its_engine_can_be_shut_down""",
    "engine unreachable later": """
        engine faults/test_engine_faults.py::test_all_who_wait_for_a_lost_engine_end_in_time_and_again_when_it_is_back
        engine faults/test_engine_faults.py::test_requests_without_an_engine_end_and_say_why
        engine faults/test_engine_faults.py::test_waiting_for_an_engine_that_is_away_ends_at_the_deadline
        engine faults/test_engine_faults.py::test_a_pool_can_be_shut_down_while_its_engine_is_away""",
    "engine too old, or none at all": """
        fake unit/test_engine.py::test_an_engine_that_is_too_old_is_refused_with_the_remedy
        fake unit/test_engine.py::test_whatever_listens_there_and_is_no_engine_is_named""",
    "wrong fingerprint, protocol or source; a worker that refuses": """
        fake sandbox/test_sandbox.py::test_another_worker_is_refused_for_good
        fake pool/test_pool.py::test_a_start_that_can_never_succeed_is_tried_once
        fake pool/test_pool.py::test_a_running_pool_tells_at_once_that_starts_have_become_hopeless""",
    "image missing": """
        engine faults/test_engine_faults.py::test_a_missing_image_is_named_at_once
        engine faults/test_engine_faults.py::test_an_image_that_disappears_is_named_and_may_come_back""",
    "worker that never becomes ready, dies at start, or babbles; undrained attach": """
        engine faults/test_engine_faults.py::test_a_worker_that_never_becomes_ready_is_given_up
        engine faults/test_engine_faults.py::test_a_pool_whose_workers_never_become_ready_does_not_start""",
    "disk full": """
        engine faults/test_engine_faults.py::test_a_full_disk_leaves_the_living_at_work_and_does_not_make_the_pool_spin""",
    "garbage, forged length": """
        engine faults/test_engine_faults.py::test_a_worker_that_breaks_the_protocol_is_never_believed
        fake faults/test_worker_faults.py::test_a_worker_that_breaks_the_protocol_is_never_believed
        fake sandbox/test_transport.py::test_garbage_is_an_error""",
    "partial frame, end in mid-frame": """
        engine faults/test_engine_faults.py::test_a_worker_that_breaks_the_protocol_is_never_believed
        fake faults/test_worker_faults.py::test_a_stream_that_ends_in_a_frame_is_a_loss""",
    "peer that stops reading, both ways": """
        real faults/test_worker_faults.py::test_a_worker_that_stops_reading_holds_its_caller_no_longer_than_the_net
        real faults/test_worker_faults.py::test_a_flood_of_output_that_nobody_reads_is_no_deadlock
        fake sandbox/test_transport.py::test_two_sides_that_both_write_first_do_not_block_each_other""",
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback": """
        real faults/test_pool_faults.py::test_shutdown_ends_what_runs_in_time
        real faults/test_caller_faults.py::test_shutdown_twice_from_several_threads_while_all_are_busy
        real faults/test_caller_faults.py::test_shutdown_while_it_starts
        real faults/test_caller_faults.py::test_shutdown_from_a_callback_of_its_own_pool
        real faults/test_caller_faults.py::test_shutdown_in_a_loop_of_asyncio""",
    "lease returned twice, or to another pool": """
        fake faults/test_caller_faults.py::test_a_sandbox_cannot_be_given_back_twice_nor_to_a_pool_that_is_not_its_own""",
    "lease timeout racing a hand-over": """
        fake faults/test_caller_faults.py::test_a_waiter_who_gives_up_and_one_who_is_served_are_never_both
        real faults/test_caller_faults.py::test_impatient_callers_lose_no_sandbox""",
    "asyncio cancellation at every await": """
        real faults/test_cancellation.py::test_an_execution_may_be_cancelled_at_every_await
        real faults/test_cancellation.py::test_a_batch_of_tasks_may_be_cancelled_at_every_await
        real faults/test_cancellation.py::test_a_stream_may_be_cancelled_at_every_await
        real faults/test_cancellation.py::test_waiting_in_the_queue_may_be_cancelled
        real faults/test_cancellation.py::test_the_first_use_of_a_pool_may_be_cancelled
        real faults/test_caller_faults.py::test_a_task_may_be_cancelled_at_any_moment
        real faults/test_pool_faults.py::test_a_cancelled_task_leaves_the_pool_whole""",
    "KeyboardInterrupt in a lease": """
        real faults/test_caller_faults.py::test_an_interrupt_in_a_lease_costs_the_sandbox_and_holds_no_lock
        real faults/test_caller_faults.py::test_an_interrupt_in_the_queue_leaves_it
        fake pool/test_interrupts.py::test_an_interrupt_at_any_line_of_an_execution_loses_nothing
        fake pool/test_interrupts.py::test_an_interrupt_at_any_line_of_waiting_in_the_queue_loses_nothing
        fake pool/test_interrupts.py::test_an_interrupt_of_whoever_gives_back_does_not_harm_who_waits
        fake pool/test_interrupts.py::test_an_interrupt_while_dead_sandboxes_are_passed_over_loses_nothing
        fake pool/test_interrupts.py::test_real_interrupts_at_random_moments_lose_nothing""",
    "host killed with -9, alone or with a forked child": """
        real faults/test_pool_faults.py::test_the_sandboxes_of_a_killed_host_end_by_themselves
        real faults/test_pool_faults.py::test_no_container_of_the_dead_is_left_after_the_next_start""",
    "host forks while a sandbox starts, and is killed with -9": """
        real faults/test_pool_faults.py::test_a_fork_while_a_sandbox_starts_keeps_none_alive
        real faults/test_pool_faults.py::test_a_fork_while_a_process_starts_hides_no_death""",
    "reaping beside another live pool": """
        real faults/test_pool_faults.py::test_reaping_leaves_live_pools_alone""",
    "forked child uses the pool": """
        fake pool/test_pool.py::test_a_forked_child_must_make_its_own_pool""",
    "interpreter exit without shutdown, pool dropped": """
        real faults/test_pool_faults.py::test_an_interpreter_that_exits_without_shutdown_leaves_nothing
        fake pool/test_pool.py::test_a_pool_that_is_dropped_ends_by_itself""",
    "many threads on one worker, evenly used": """
        real faults/test_caller_faults.py::test_callers_of_one_worker_are_served_in_their_order
        real faults/test_caller_faults.py::test_sandboxes_are_used_evenly
        real faults/test_pool_faults.py::test_many_callers_of_two_workers_are_all_served""",
    "hundreds of replacements": """
        real faults/test_worker_faults.py::test_this_process_does_not_grow_with_replacements
        fake faults/test_worker_faults.py::test_hundreds_of_replacements_leak_no_descriptor""",
    "thousands of executions in one worker": """
        real faults/test_worker_faults.py::test_a_worker_does_not_grow_with_use""",
    "health check racing a lease": """
        fake pool/test_pool.py::test_health_of_a_busy_worker_is_unknown_in_time""",
    "clock jumps": """
        real faults/test_caller_faults.py::test_a_wall_clock_that_jumps_changes_nothing""",
    "recycled by use, not all at once": """
        fake pool/test_pool.py::test_sandboxes_retire_after_their_uses
        fake pool/test_pool.py::test_sandboxes_that_are_used_evenly_do_not_all_retire_at_once""",
    "dies as soon as it lives, again and again": """
        fake pool/test_pool.py::test_sandboxes_that_die_as_soon_as_they_live_are_started_ever_more_slowly""",
    "container removed by somebody else": """
        real faults/test_pool_faults.py::test_containers_that_somebody_else_removes_are_replaced_without_complaint
        fake backends/test_backends.py::test_a_container_that_somebody_else_is_removing_is_as_good_as_gone""",
    "container that cannot be removed, or appears late": """
        fake pool/test_pool.py::test_a_container_that_cannot_be_removed_is_removed_later
        engine faults/test_engine_faults.py::test_an_engine_that_hangs_holds_nobody_up""",
}


@pytest.mark.parametrize("fault", TABLE)
def test_every_fault_has_its_tests(fault: str) -> None:
    rows = TABLE[fault].split()
    assert len(rows) >= 2
    for how, name in zip(rows[::2], rows[1::2], strict=True):
        assert how in {"engine", "real", "fake"}
        path, _, test = name.partition("::")
        assert re.search(rf"^def {test}\(", (_TESTS / path).read_text("utf-8"), re.MULTILINE), name
