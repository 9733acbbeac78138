"""A widget's standing orders: the newest of each kind, the most urgent first, in one thread that ends."""

import threading

import pytest

from xaiwidgets.widgets.desk import Desk

KINDS = ("open", "draw", "rest")


class Office:
    """A desk, what was done at it in which order, what failed, and how often it fell idle."""

    def __init__(self):
        self.done, self.faults, self.idle = [], [], 0
        self.desk = Desk(KINDS, failed=lambda kind, fault: self.faults.append((kind, str(fault))), idle=self._fell_idle)

    def _fell_idle(self):
        self.idle += 1

    def work(self, name, pieces=1):
        def steps():
            for piece in range(pieces):
                self.done.append(f"{name}{piece}")
                yield

        return steps

    def busy_until(self, kind="rest"):
        """Work that is under way, and what lets it go on: orders meanwhile find the thread taken."""
        begun, go_on = threading.Event(), threading.Event()

        def steps():
            begun.set()
            assert go_on.wait(10)
            self.done.append("waited")
            yield
            self.done.append("went on")
            yield

        self.desk.order(kind, steps)
        assert begun.wait(10)
        return go_on


@pytest.fixture
def office():
    return Office()


def test_it_is_waited_for_while_an_order_is_being_taken(office, monkeypatch):
    hiring, go_on, start = threading.Event(), threading.Event(), threading.Thread.start

    def slowly(thread):
        if thread.name == "xaiwidgets-desk":
            hiring.set()
            assert go_on.wait(10)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", slowly)
    orders = threading.Thread(target=lambda: office.desk.order("draw", office.work("draw")))
    waits = threading.Thread(target=lambda: [office.desk.join(), office.done.append("joined")])
    orders.start()
    assert hiring.wait(10)
    waits.start()
    go_on.set()
    waits.join(10)
    orders.join(10)
    assert office.done == ["draw0", "joined"]


def test_the_most_urgent_goes_first_and_between_the_pieces_of_the_others(office):
    go_on = office.busy_until("rest")
    office.desk.order("draw", office.work("draw", 2))
    office.desk.order("open", office.work("open", 2))
    go_on.set()
    office.desk.join()
    assert office.done == ["waited", "open0", "open1", "draw0", "draw1", "went on"]


def test_of_a_kind_only_the_newest_is_done(office):
    go_on = office.busy_until("rest")
    for number in range(100):
        office.desk.order("open", office.work(f"open {number}."))
    go_on.set()
    office.desk.join()
    assert office.done == ["waited", "open 99.0", "went on"]


def test_orders_beside_each_other_are_all_done_in_turn(office):
    go_on = office.busy_until("rest")
    for name in "abc":
        office.desk.order("open", office.work(name, 2), beside=True)
    go_on.set()
    office.desk.join()
    assert office.done == ["waited", "a0", "a1", "b0", "b1", "c0", "c1", "went on"]


def test_what_is_under_way_is_dropped_when_its_kind_is_ordered_anew(office):
    go_on = office.busy_until("draw")
    office.desk.order("draw", office.work("new"))
    go_on.set()
    office.desk.join()
    assert office.done == ["waited", "new0"]


def test_a_dropped_generator_is_closed(office):
    closed, go_on = threading.Event(), threading.Event()
    begun = threading.Event()

    def steps():
        try:
            begun.set()
            assert go_on.wait(10)
            yield
            office.done.append("never")
        finally:
            closed.set()

    office.desk.order("draw", steps)
    assert begun.wait(10)
    office.desk.drop("draw")
    assert not office.desk.busy("draw")
    go_on.set()
    office.desk.join()
    assert closed.wait(10)
    assert (office.done, office.faults) == ([], [])


def test_what_fails_after_it_was_dropped_tells_nothing(office):
    begun, go_on = threading.Event(), threading.Event()

    def steps():
        begun.set()
        assert go_on.wait(10)
        raise ValueError("too late")
        yield

    office.desk.order("draw", steps)
    assert begun.wait(10)
    office.desk.order("draw", office.work("new"))
    go_on.set()
    office.desk.join()
    assert (office.done, office.faults) == (["new0"], [])


def test_held_work_lies_and_goes_on_where_it_was(office):
    go_on = office.busy_until("draw")
    office.desk.hold("draw", "rest")
    office.desk.order("open", office.work("open"))
    go_on.set()
    office.desk.join()
    assert office.done == ["waited", "open0"]
    assert office.desk.busy("draw")
    assert office.desk.rests
    office.desk.release()
    office.desk.join()
    assert office.done == ["waited", "open0", "went on"]
    assert not office.desk.busy(*KINDS)


def test_an_order_is_never_held_by_what_was_held_before_it(office):
    office.desk.hold(*KINDS)
    office.desk.order("draw", office.work("draw"))
    office.desk.join()
    assert office.done == ["draw0"]


@pytest.mark.parametrize("when", ["at once", "after a piece"])
def test_a_failing_order_tells_why_and_the_next_goes_on(office, when):
    def steps():
        if when == "after a piece":
            yield
        raise ValueError("no such head")
        yield

    office.desk.order("open", steps)
    office.desk.join()
    office.desk.order("draw", office.work("draw"))
    office.desk.join()
    assert office.faults == [("open", "no such head")]
    assert office.done == ["draw0"]


def test_what_cannot_even_begin_fails_as_all_else(office):
    def no_generator():
        raise ValueError("nothing to begin with")

    office.desk.order("open", no_generator)
    office.desk.order("draw", office.work("draw"))
    office.desk.join()
    assert (office.faults, office.done) == ([("open", "nothing to begin with")], ["draw0"])


def test_the_thread_ends_when_nothing_is_left_and_says_so_first(office):
    before = threading.active_count()
    office.desk.order("draw", office.work("draw", 3))
    office.desk.join()
    assert office.idle == 1
    assert threading.active_count() <= before
    office.desk.order("draw", office.work("again"))
    office.desk.join()
    assert office.done[-1] == "again0"
    assert office.idle == 2


def test_work_can_order_more_work(office):
    def first():
        office.done.append("first")
        office.desk.order("open", office.work("open"))
        office.desk.order("rest", office.work("rest"))
        yield
        office.done.append("first goes on")

    office.desk.order("draw", first)
    office.desk.join()
    assert office.done == ["first", "open0", "first goes on", "rest0"]


def test_orders_from_many_threads_all_come_to_an_end(office):
    def orders():
        for number in range(200):
            office.desk.order(KINDS[number % 3], office.work(f"{threading.get_ident()} {number} "))
            if number % 7 == 0:
                office.desk.drop(KINDS[0])

    threads = [threading.Thread(target=orders) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.desk.join()
    assert office.faults == []
    assert office.desk.rests
    assert not office.desk.busy(*KINDS)
    assert office.done[-1].split()[1] in {"197", "198", "199"}
