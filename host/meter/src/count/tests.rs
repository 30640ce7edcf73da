//! What is counted, for whom, and until when.
use super::*;

const SMALL: Bounds = Bounds { told: 1 << 20, stopped: 1 << 30 };

#[test]
fn what_was_held_at_once_counts_and_not_what_passed_through() {
    let (_, over) = within(SMALL, || {
        for _ in 0..100 {
            taken(1 << 19);
            given_back(1 << 19);
        }
    });
    assert!(!over);
    assert!(within(SMALL, || taken(2 << 20)).1);
}

#[test]
fn once_over_it_stays_over_until_the_work_ends_and_not_longer() {
    let ((), over) = within(SMALL, || {
        taken(2 << 20);
        given_back(2 << 20);
        assert!(is_over());
    });
    assert!(over);
    assert!(!is_over());
    assert!(!within(SMALL, || ()).1);
}

#[test]
fn work_that_panics_leaves_the_count_as_it_was() {
    let before = held();
    let panicked = std::panic::catch_unwind(|| {
        within(SMALL, || {
            taken(2 << 20);
            given_back(2 << 20);
            panic!("on purpose");
        })
    });
    assert!(panicked.is_err());
    assert_eq!((is_over(), BOUNDS.get(), held()), (false, Bounds::NONE, before));
}

#[test]
fn what_others_hold_is_not_counted() {
    let (_, over) = within(SMALL, || {
        let other = std::thread::spawn(|| taken(2 << 20)).join();
        taken(1);
        other
    });
    assert!(!over);
}
