//! What a call may leave in the log and hold of the machine, and what its end means.
use super::*;
use std::{
    io::Write,
    sync::{Arc, Mutex},
};
use tracing::Level;

/// What a guest with room for three lines leaves in the log.
fn logged(lines: &[(Level, &str)]) -> (String, Guest) {
    let limits = Limits { log_lines: 3, ..Limits::ceiling() };
    let mut guest = Guest { limits, plugin: "p".into(), memory: 0, table: 0, lines: 0, last_words: None };
    let kept = Kept::default();
    let log = kept.clone();
    let all = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .without_time()
        .with_writer(move || log.clone());
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
