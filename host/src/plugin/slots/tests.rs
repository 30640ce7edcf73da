//! Who waits, who is told so, and who keeps a place.
use super::*;
use std::sync::mpsc;

fn slots(all: u32) -> Slots {
    Slots { wait: Duration::from_millis(50), load_wait: Duration::ZERO, ..Slots::new(all) }
}

#[tokio::test]
async fn who_finds_no_place_in_time_is_told_so_and_a_place_is_free_again_after_the_work() {
    let slots = Arc::new(slots(1));
    let share = slots.share();
    let (go, wait) = mpsc::channel::<()>();
    let first = {
        let (slots, share) = (slots.clone(), share.clone());
        tokio::spawn(async move { slots.call(&share, move || wait.recv().map_err(|_| Fault::Busy { millis: 0 })).await })
    };
    while slots.calls.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let second = slots.call(&slots.share(), || Ok(())).await;
    assert_eq!(second, Err(Fault::Busy { millis: 50 }));
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(slots.call(&share, || Ok(7)).await, Ok(7));
}

#[tokio::test]
async fn one_component_never_takes_more_than_half_of_the_places() {
    let slots = Arc::new(slots(4));
    let greedy = slots.share();
    let (go, wait) = mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let held: Vec<_> = (0..4)
        .map(|_| {
            let (slots, greedy, wait) = (slots.clone(), greedy.clone(), wait.clone());
            tokio::spawn(async move { slots.call(&greedy, move || Ok(wait.lock().unwrap().recv().is_ok())).await })
        })
        .collect();
    while greedy.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(slots.call(&slots.share(), || Ok("served")).await, Ok("served"));
    for _ in 0..4 {
        go.send(()).unwrap();
    }
    for one in held {
        // Those that waited too long for their own kind were told so; nobody else was.
        assert!(matches!(one.await.unwrap(), Ok(true) | Err(Fault::Busy { .. })));
    }
}

#[tokio::test]
async fn a_panic_of_the_hosts_own_is_a_fault_of_one_call() {
    let slots = slots(2);
    let share = slots.share();
    let panicked = slots.call::<(), _>(&share, || panic!("a bug")).await;
    assert!(matches!(panicked, Err(Fault::Trapped { .. })));
    assert_eq!(slots.call(&share, || Ok(1)).await, Ok(1));
    let place = slots.loading().await.unwrap();
    assert!(matches!(place.compile::<(), _>(|| panic!("a bug")).await, Err(LoadError::Compiler)));
    assert_eq!(slots.loading.available_permits(), 1);
    assert_eq!(slots.calls.available_permits(), 2);
}

/// Who waits for an answer may go away; the thread that computes it does not, and is still one of so many.
#[tokio::test]
async fn a_call_that_nobody_waits_for_keeps_its_places_until_it_is_done() {
    let slots = Arc::new(slots(2));
    let share = slots.share();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (go, wait) = mpsc::channel::<()>();
    let call = {
        let (slots, share) = (slots.clone(), share.clone());
        let work = move || Ok((begun.send(()), wait.recv()));
        tokio::spawn(async move { slots.call(&share, work).await.map(drop) })
    };
    begins.await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!((slots.calls.available_permits(), share.available_permits()), (1, 0));
    go.send(()).unwrap();
    assert_eq!(slots.call(&share, || Ok(7)).await, Ok(7));
}

#[tokio::test]
async fn a_component_that_nobody_waits_for_is_compiled_to_the_end_before_the_next_one_begins() {
    let slots = slots(2);
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (go, wait) = mpsc::channel::<()>();
    let place = slots.loading().await.unwrap();
    let compiling = tokio::spawn(place.compile(move || Ok((begun.send(()), wait.recv()))));
    begins.await.unwrap();
    compiling.abort();
    assert!(compiling.await.is_err());
    assert!(matches!(slots.loading().await, Err(LoadError::Busy { .. })));
    go.send(()).unwrap();
    assert!(slots.loading.acquire().await.is_ok());
}
