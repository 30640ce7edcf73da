//! How things are printed: exit codes, tables, ages, values, objects, and color where there is a terminal.
use crds::{ExecutionStatus, Phase, Reason};
use decide::text::draws;
use jiff::Timestamp;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or as asked.
    Done,
    /// Usage, or no cluster.
    Usage,
    /// Refused; nothing was touched.
    Refused,
    /// Failed; something ran.
    Failed,
    /// Nobody can tell: look at the target.
    Unknown,
    /// Rejected, or not approved in time; nothing was touched.
    Rejected,
    /// The command's own time passed; the execution goes on.
    StillRunning,
    /// Cancelled, or the question was answered with no.
    Cancelled,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 1,
            Self::Refused => 2,
            Self::Failed => 3,
            Self::Unknown => 4,
            Self::Rejected => 5,
            Self::StillRunning => 6,
            Self::Cancelled => 7,
        }
    }

    /// What the end of an execution means to the caller.
    #[must_use]
    pub const fn of(status: &ExecutionStatus) -> Self {
        match (status.phase, status.reason) {
            (_, Reason::OutcomeUnknown) => Self::Unknown,
            (Phase::Completed, _) => Self::Done,
            (Phase::Refused, Reason::Rejected | Reason::ApprovalExpired) => Self::Rejected,
            (Phase::Refused, _) => Self::Refused,
            (Phase::Failed, _) => Self::Failed,
            (Phase::Cancelled, _) => Self::Cancelled,
            _ => Self::StillRunning,
        }
    }
}

/// Colors on a terminal, plain text elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Paint(bool);

impl Paint {
    /// Where that is a terminal.
    #[must_use]
    pub const fn on(terminal: bool) -> Self {
        Self(terminal)
    }
    /// Good.
    #[must_use]
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }
    /// Bad.
    #[must_use]
    pub fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }
    /// Beside the point.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }
    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Columns as wide as their widest cell; the last one is not padded.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            text.push_str(&format!("{cell:<width$}   "));
        }
        text.trim_end().to_owned() + "\n"
    };
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    rows.iter().fold(line(&head), |text, row| text + &line(row))
}

/// `28m`, `12d`: the largest unit, as kubectl prints ages.
#[must_use]
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Words of others, on a terminal: some characters would draw over what is to be read, or turn it around.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if draws(c) { '\u{fffd}' } else { c }).collect()
}

/// A long text is told by its beginning; the object has it whole.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `/spec/replicas` as people write it: `spec.replicas`.
#[must_use]
pub fn field(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

/// `Deployment shop/web` as kubectl writes it: `deployment/web`.
#[must_use]
pub fn short(kind: &str, name: &str) -> String {
    format!("{}/{name}", kind.to_lowercase())
}

/// An object as YAML, for a person to review and apply.
pub fn manifest(object: &impl serde::Serialize) -> anyhow::Result<String> {
    // Through a value: `null` and empty statuses have no place in what a person reviews.
    let mut value = serde_json::to_value(object)?;
    if let Some(object) = value.as_object_mut() {
        object.remove("status");
    }
    Ok(serde_saphyr::to_string(&value)?)
}

/// An error with everything under it, in one line.
#[must_use]
pub fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let rows = vec![vec!["scale_deployment".into(), "web".into()]];
        assert_eq!(table(&["ACTION", "TARGET"], &rows), "ACTION             TARGET\nscale_deployment   web\n");
    }

    #[test]
    fn nobody_draws_on_the_terminal_of_who_reads() {
        assert_eq!(plain("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(plain("web\u{202e}dorp\u{200b}"), "web\u{fffd}dorp\u{fffd}");
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        assert_eq!([cut("größer", 6), cut("größer", 3), cut("", 3)], ["größer", "grö…", ""]);
    }

    #[test]
    fn ages_are_in_their_largest_unit() {
        let now = Timestamp::UNIX_EPOCH;
        let ago = |s: i64| age(now - jiff::SignedDuration::from_secs(s), now);
        assert_eq!([ago(5), ago(130), ago(7300), ago(400_000)], ["5s", "2m", "2h", "4d"]);
    }

    #[test]
    fn an_unknown_outcome_has_its_own_exit_code_whatever_the_phase() {
        let status = |phase, reason| ExecutionStatus { phase, reason, ..Default::default() };
        assert_eq!(Exit::of(&status(Phase::Failed, Reason::OutcomeUnknown)).code(), 4);
        assert_eq!(Exit::of(&status(Phase::Cancelled, Reason::OutcomeUnknown)).code(), 4);
        assert_eq!(Exit::of(&status(Phase::Failed, Reason::JobFailed)).code(), 3);
        assert_eq!(Exit::of(&status(Phase::Refused, Reason::PolicyDenied)).code(), 2);
        assert_eq!(Exit::of(&status(Phase::Refused, Reason::Rejected)).code(), 5);
        assert_eq!(Exit::of(&status(Phase::Refused, Reason::ApprovalExpired)).code(), 5);
    }
}
