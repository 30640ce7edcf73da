//! What surrounds one call of a component: its store, its limits, its log. Owns how a limit that was hit becomes a fault. Lives as
//! long as the call.
use super::{
    engine::{INSTANCES, MEMORIES, TABLES},
    fault::Fault,
    limits::Limits,
};
use std::time::Instant;
use wasmtime::{ResourceLimiter, Store, StoreContextMut, Trap, UpdateDeadline};

/// Longest line kept of a log, characters.
const LINE: usize = 1_000;
/// What a line costs in fuel beside its bytes: about what the host spends on it, so that a flood ends as a loop does.
const LINE_FUEL: u64 = 2_000;

/// The data of a store.
pub(super) struct Guest {
    limits: Limits,
    /// Of whom the log lines are.
    plugin: String,
    memory: usize,
    table: usize,
    lines: u32,
    /// The last line at level error: a panic says there what it was.
    last_words: Option<String>,
}

/// Why the host ended a call. Travels through wasmtime as an error and is found again in `fault`.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("limit: {self:?}")]
enum Cut {
    Memory,
    Table,
    Deadline,
}

impl Guest {
    /// A store of its own for one call; the time runs from here.
    pub(super) fn store(engine: &wasmtime::Engine, limits: Limits, plugin: String) -> Result<Store<Self>, wasmtime::Error> {
        let guest = Self { limits, plugin, memory: 0, table: 0, lines: 0, last_words: None };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| guest);
        store.set_fuel(limits.fuel)?;
        store.set_hostcall_fuel(limits.output);
        // The contract has no resources, so a component needs no handles.
        store.set_max_component_handles(16);
        let end = Instant::now() + limits.wall;
        store.epoch_deadline_callback(move |_| match Instant::now() < end {
            true => Ok(UpdateDeadline::Continue(1)),
            false => Err(Cut::Deadline.into()),
        });
        store.set_epoch_deadline(1);
        Ok(store)
    }

    /// A line of the plugin's log. It is paid for in fuel.
    pub(super) fn log(mut store: StoreContextMut<'_, Self>, level: tracing::Level, message: &str) -> Result<(), wasmtime::Error> {
        let left = store.get_fuel()?;
        let cost = LINE_FUEL + message.len() as u64;
        store.set_fuel(left.saturating_sub(cost))?;
        if left < cost {
            return Err(Trap::OutOfFuel.into());
        }
        store.data_mut().line(level, message);
        Ok(())
    }

    fn line(&mut self, level: tracing::Level, message: &str) {
        let message = one_line(message);
        self.lines = self.lines.saturating_add(1);
        // Kept even where the log is full: it is what explains a trap.
        if level == tracing::Level::ERROR {
            self.last_words = Some(message.clone());
        }
        if self.lines > self.limits.log_lines {
            return;
        }
        let plugin = &self.plugin;
        match level {
            tracing::Level::ERROR => tracing::error!(target: "plugin", plugin, "{message}"),
            tracing::Level::WARN => tracing::warn!(target: "plugin", plugin, "{message}"),
            tracing::Level::INFO => tracing::info!(target: "plugin", plugin, "{message}"),
            _ => tracing::debug!(target: "plugin", plugin, "{message}"),
        }
    }

    /// Says so where lines were dropped.
    pub(super) fn end(&self) {
        let dropped = self.lines.saturating_sub(self.limits.log_lines);
        if dropped > 0 {
            tracing::warn!(target: "plugin", plugin = self.plugin, dropped, "more log lines in one call than a plugin may leave");
        }
    }

    /// What a failed call means. `asked` is the function, for the message.
    pub(super) fn fault(&self, asked: &str, error: &wasmtime::Error) -> Fault {
        if let Some(cut) = error.downcast_ref::<Cut>() {
            return self.cut(*cut);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Fault::OutOfFuel { fuel: self.limits.fuel },
            Some(trap) if malformed(trap) => bad(asked, trap.to_string()),
            Some(trap) => self.trapped(trap),
            None => self.uncounted(asked, error.root_cause().to_string()),
        }
    }

    /// No trap and no error of ours. wasmtime has no type for any of these.
    fn uncounted(&self, asked: &str, why: String) -> Fault {
        match why.contains("limit exceeded") {
            true => Fault::OutOfMemory { what: "instances or handles", limit: why },
            // It could not read what came back (no UTF-8, too long, more than its limit).
            false => bad(asked, format!("{why}; at most {} are taken", size(self.limits.output))),
        }
    }

    fn trapped(&self, trap: &Trap) -> Fault {
        let message = match &self.last_words {
            Some(words) => format!("{words} ({trap})"),
            None => trap.to_string(),
        };
        Fault::Trapped { message }
    }

    fn cut(&self, cut: Cut) -> Fault {
        match cut {
            Cut::Memory => Fault::OutOfMemory { what: "memory", limit: size(self.limits.memory) },
            Cut::Table => Fault::OutOfMemory { what: "table elements", limit: self.limits.table.to_string() },
            Cut::Deadline => Fault::DeadlineExceeded { millis: u64::try_from(self.limits.wall.as_millis()).unwrap_or(u64::MAX) },
        }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        grow(&mut self.memory, current, desired, self.limits.memory, Cut::Memory)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Cut::Memory.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        grow(&mut self.table, current, desired, self.limits.table, Cut::Table)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Cut::Table.into())
    }

    fn instances(&self) -> usize {
        INSTANCES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }
}

/// Over all memories (or tables) together. The call ends here, and not with a -1 that a guest may take for anything.
fn grow(held: &mut usize, current: usize, desired: usize, limit: usize, cut: Cut) -> wasmtime::Result<bool> {
    let all = held.saturating_sub(current).saturating_add(desired);
    if all > limit {
        return Err(cut.into());
    }
    *held = all;
    Ok(true)
}

/// Traps that the host runs into while it reads an answer.
const fn malformed(trap: &Trap) -> bool {
    use Trap::{InvalidChar, InvalidDiscriminant, ListOutOfBounds, StringOutOfBounds, UnalignedPointer};
    matches!(trap, InvalidChar | InvalidDiscriminant | ListOutOfBounds | StringOutOfBounds | UnalignedPointer)
}

fn bad(at: &str, why: String) -> Fault {
    Fault::BadOutput { at: at.to_owned(), why }
}

fn size(bytes: usize) -> String {
    match bytes {
        b if b % (1 << 20) == 0 => format!("{} MiB", b >> 20),
        b if b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{b} bytes"),
    }
}

/// One line in the log is one line: what a plugin says cannot look like what the host says.
fn one_line(message: &str) -> String {
    message.chars().take(LINE).map(|c| if decide::text::draws(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
