//! Where words go. Owns that an object for programs stands alone on standard output, and what happens when nobody reads on: the
//! program ends quietly, as one does that SIGPIPE ends. Nothing else of the command line prints.
use super::{
    Format,
    human::{Exit, Paint},
};
use std::{
    fmt::Display,
    io::{ErrorKind, IsTerminal, Write},
};

/// Where words for people go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// To standard output, where nothing else is.
    Stdout,
    /// To standard error.
    Stderr,
}

impl Words {
    /// Where an object is asked for, standard output is for that alone.
    #[must_use]
    pub const fn beside(object: Option<Format>) -> Self {
        if object.is_some() { Self::Stderr } else { Self::Stdout }
    }

    /// As it is.
    pub fn text(self, words: impl Display) {
        match self {
            Self::Stdout => text(words),
            // Who closed standard error wants to hear nothing; what was begun is worth more.
            Self::Stderr => drop(write!(std::io::stderr(), "{words}")),
        }
    }

    /// And the end of the line.
    pub fn line(self, words: impl Display) {
        self.text(format_args!("{words}\n"));
    }

    /// Colors where it is a terminal.
    #[must_use]
    pub fn paint(self) -> Paint {
        Paint::on(match self {
            Self::Stdout => std::io::stdout().is_terminal(),
            Self::Stderr => std::io::stderr().is_terminal(),
        })
    }
}

/// To standard output, as it is.
pub fn text(words: impl Display) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = write!(out, "{words}").and_then(|()| out.flush()) {
        end(&error);
    }
}

/// A line of standard output.
pub fn line(words: impl Display) {
    text(format_args!("{words}\n"));
}

/// A line beside the answer, on standard error.
pub fn note(words: impl Display) {
    Words::Stderr.line(words);
}

/// What a person answers, without the end of the line.
pub fn answer(words: Words, question: impl Display) -> anyhow::Result<String> {
    words.text(question);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Whether he answers yes; anything else is a no.
pub fn confirmed(words: Words, question: impl Display) -> anyhow::Result<bool> {
    Ok(matches!(answer(words, format_args!("{question} [y/N] "))?.as_str(), "y" | "Y" | "yes"))
}

/// An object as asked.
pub fn object<T: serde::Serialize>(object: &T, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => line(serde_json::to_string_pretty(object)?),
        Format::Yaml => text(serde_saphyr::to_string(object)?),
    }
    Ok(())
}

/// What a shell says of a program that SIGPIPE ended.
const NOBODY_READS: i32 = 128 + 13;

fn end(error: &std::io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(NOBODY_READS);
    }
    note(format_args!("writ: failed to write to standard output: {error}"));
    std::process::exit(Exit::Usage.code().into())
}
