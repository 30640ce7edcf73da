//! What a call may leave in the log and hold of the machine, and what its end means.
use super::*;
use std::{
    io::Write,
    sync::{Arc, Mutex},
};
use tracing::Level;
use wasmtime::{
    AsContextMut,
    component::{Component, Linker},
};

/// What a guest with room for three lines leaves in the log.
fn logged(lines: &[(Level, &str)]) -> (String, Guest) {
    let limits = Limits { log_lines: 3, ..Limits::ceiling() };
    let mut guest = Guest { limits, plugin: "p".into(), memory: 0, table: 0, lines: 0, last_words: None };
    let kept = Kept::default();
    let log = kept.clone();
    let all =
        tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).without_time().with_writer(move || log.clone());
    tracing::subscriber::with_default(all.finish(), || {
        lines.iter().for_each(|(level, line)| guest.line(*level, line));
        guest.end();
    });
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    (text, guest)
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_plugins_lines_go_to_the_log_at_their_level_and_under_its_name() {
    let (text, _) = logged(&[(Level::WARN, "careful"), (Level::DEBUG, "a detail")]);
    expect_test::expect![[r#"
         WARN plugin: careful plugin="p"
        DEBUG plugin: a detail plugin="p"
    "#]]
    .assert_eq(&text);
}

#[test]
fn lines_beyond_the_limit_are_dropped_and_counted_and_the_last_error_is_kept_all_the_same() {
    let (text, guest) = logged(&[(Level::INFO, "one"); 5].into_iter().chain([(Level::ERROR, "why")]).collect::<Vec<_>>());
    assert_eq!(text.matches(": one ").count(), 3, "{text}");
    assert!(!text.contains("why") && text.contains("dropped=3"), "{text}");
    assert_eq!(guest.last_words.as_deref(), Some("why"));
}

#[test]
fn a_line_cannot_look_like_two_nor_move_the_cursor() {
    let (text, _) = logged(&[(Level::INFO, "a\nERROR host: all is lost\u{1b}[2J"), (Level::INFO, &"x".repeat(5_000))]);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains('\u{1b}') && text.matches('x').count() == LINE, "{text}");
}

#[test]
fn two_memories_share_one_limit() {
    let mut held = 0;
    assert!(grow(&mut held, 0, 60, 100, Cut::Memory).unwrap());
    assert!(grow(&mut held, 0, 40, 100, Cut::Memory).unwrap());
    assert!(grow(&mut held, 40, 41, 100, Cut::Memory).is_err());
    assert!(grow(&mut held, 60, 60, 100, Cut::Memory).unwrap());
}

/// A store of an engine without a pool, as it is where address space is short.
fn alone(limits: Limits) -> Store<Guest> {
    let engine = wasmtime::Engine::new(&crate::plugin::engine::on_demand()).unwrap();
    Guest::store(&engine, limits, "p".into()).unwrap()
}

#[test]
fn without_a_pool_too_there_are_so_many_instances_memories_and_tables_and_no_more() {
    let inside = |module: &str, instances: usize| {
        let mut store = alone(Limits::ceiling());
        let text = format!("(component (core module $m {module}) {})", "(core instance (instantiate $m))".repeat(instances));
        let component = Component::new(store.engine(), wat::parse_str(text).unwrap()).unwrap();
        let linker = Linker::new(store.engine());
        linker.instantiate(&mut store, &component).map(drop).map_err(|e| store.data().fault("describe", &e))
    };
    assert_eq!(inside("(memory 1) (table 1 funcref) (table 1 funcref)", 2), Ok(()));
    for (module, instances) in [("", 9), ("(memory 1)", 3), ("(table 1 funcref) (table 1 funcref) (table 1 funcref)", 3)] {
        assert!(matches!(inside(module, instances), Err(Fault::OutOfMemory { .. })), "{module}");
    }
}

#[test]
fn a_line_of_the_log_costs_fuel_by_the_line_and_by_the_byte() {
    let cost = LINE_FUEL + 100;
    let mut store = alone(Limits { fuel: cost, ..Limits::ceiling() });
    assert!(Guest::log(store.as_context_mut(), Level::INFO, &"x".repeat(100)).is_ok());
    assert_eq!(store.get_fuel().unwrap(), 0);
    let error = Guest::log(store.as_context_mut(), Level::INFO, "").unwrap_err();
    assert_eq!(store.data().fault("plan", &error), Fault::OutOfFuel { fuel: cost });
}

#[test]
fn a_trap_of_the_plugins_is_told_from_an_answer_that_cannot_be_read() {
    let store = alone(Limits::ceiling());
    let fault = |trap: Trap| store.data().fault("plan", &trap.into());
    use Trap::{InvalidChar, InvalidDiscriminant, ListOutOfBounds, StringOutOfBounds, UnalignedPointer};
    for trap in [InvalidChar, InvalidDiscriminant, ListOutOfBounds, StringOutOfBounds, UnalignedPointer] {
        assert!(matches!(fault(trap), Fault::BadOutput { at, .. } if at == "plan"), "{trap}");
    }
    for trap in [Trap::UnreachableCodeReached, Trap::MemoryOutOfBounds, Trap::StackOverflow, Trap::IntegerDivisionByZero] {
        assert!(matches!(fault(trap), Fault::Trapped { .. }), "{trap}");
    }
}
