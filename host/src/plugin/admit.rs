//! What a component must be before the compiler sees it. Owns what can be told from the bytes alone: form, imports, exports, and
//! the sizes on which compiling time depends. May not compile or run anything.
use super::{
    fault::LoadError,
    version::{Interface, interface},
};
use wasmparser::{CompositeInnerType, FunctionBody, Operator, Parser, Payload, RecGroup};

/// The largest component that is looked at. Rust plugins are 20 to 250 KiB.
pub(super) const LARGEST: usize = 4 << 20;
/// All functions together; the rest is data, which costs nothing. Nothing ends a compilation, so what it may take is decided here: the dearest
/// code that we know takes two to three times as long a byte as that of a Rust plugin (200 KiB), and nearly all of what is below at once
/// some ten times as long as the largest plugin that ships (`host/tests/it/plugin/dearest.rs`).
const MOST_CODE: usize = 1 << 20;
/// Compiling time grows faster than a function does, so it is the single function that must be bounded, not only the whole.
/// The largest of a Rust plugin is some 30 KiB.
const LARGEST_FUNCTION: usize = 128 << 10;
/// A function declares locals by count, so a few bytes can ask for many; a compiler has to keep each, and the more there are the dearer is
/// each: 3,000 that change in the loops of one function of 54 KiB took twelve seconds. The most of a Rust plugin are 45.
const MOST_LOCALS: u32 = 500;
/// All functions together.
const MOST_FUNCTIONS: u32 = 20_000;
/// All locals together: 25 a function.
const MOST_LOCALS_IN_ALL: u32 = 500_000;
/// What a compiler does for a function grows with what is alive times where it is: at each joint (a block, a branch, a target of a table) each
/// local may be another value, and is looked up, merged and kept in a register or none. 128 KiB would be enough for ten thousand joints of
/// five hundred locals: minutes. The dearest function of a Rust plugin has 21,000 of both together.
const DEAREST_FUNCTION: u64 = 250_000;
/// All functions together; a Rust plugin of 200 KiB has half a million.
const DEAREST: u64 = 2_500_000;
/// Beside the locals: parameters, and what stands on the stack.
const ALWAYS_ALIVE: u64 = LONGEST_SIGNATURE as u64;
/// What is alive in a loop is alive in all that are around it: a thousand in each other take a hundred times what they take beside each
/// other. All loops of the largest function of a Rust plugin are 11.
const DEEPEST_LOOP: u32 = 16;
/// Parameters and results of a function cost as much as locals, and are there by the index of a type. Rust passes more by pointer.
const LONGEST_SIGNATURE: usize = 64;
/// Core modules and components inside: the main one, and what wit-component adds to it.
const MOST_PARTS: u32 = 16;

/// Looks, and does nothing else.
///
/// # Errors
/// `NotAdmitted` or `Incompatible`, with what to do instead.
pub(super) fn admit(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.len() > LARGEST {
        return no(format!("it is {} KiB, and at most {} KiB are compiled", bytes.len() / 1024, LARGEST / 1024));
    }
    form(bytes)?;
    let mut seen = Seen::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.or_else(|e| no(format!("it is cut off or damaged: {}", e.message())))?;
        seen.look(&payload)?;
    }
    seen.end()
}

/// A component, and not one of the other things people take for one.
fn form(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.starts_with(b"\x7fELF") {
        return no("it is native code, which is never loaded: hand in the component as it was built (.wasm)".into());
    }
    if Parser::is_core_wasm(bytes) {
        return no("it is a core module, not a component: encode it with `wasm-tools component new`".into());
    }
    if !Parser::is_component(bytes) {
        return no("it is no WebAssembly component: hand in the .wasm file as it was built".into());
    }
    Ok(())
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    /// How deep in: imports and exports count at 1, the component itself.
    depth: u32,
    parts: u32,
    functions: u32,
    locals: u32,
    code: usize,
    /// Joints times what is alive, of all functions.
    merged: u64,
    actions: bool,
}

impl Seen {
    fn look(&mut self, payload: &Payload) -> Result<(), LoadError> {
        match payload {
            Payload::Version { .. } => self.open(),
            Payload::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Payload::ComponentImportSection(section) if self.depth == 1 => {
                section.clone().into_iter().try_for_each(|i| import(readable(i)?.name.name))
            }
            Payload::ComponentExportSection(section) if self.depth == 1 => {
                section.clone().into_iter().try_for_each(|e| self.export(readable(e)?.name.name))
            }
            Payload::TypeSection(section) => section.clone().into_iter().try_for_each(|group| signatures(&readable(group)?)),
            Payload::CodeSectionStart { count, .. } => self.count(*count),
            Payload::CodeSectionEntry(body) => self.function(body),
            _ => Ok(()),
        }
    }

    fn open(&mut self) -> Result<(), LoadError> {
        self.depth += 1;
        self.parts += 1;
        match self.parts > MOST_PARTS {
            true => no(format!("it has more than {MOST_PARTS} modules and components inside")),
            false => Ok(()),
        }
    }

    fn export(&mut self, name: &str) -> Result<(), LoadError> {
        match interface(name) {
            Some(Ok(Interface::Actions)) => self.actions = true,
            // Whatever else it exports is never called.
            Some(Ok(_)) | None => {}
            Some(Err(unserved)) => return Err(LoadError::Incompatible(unserved)),
        }
        Ok(())
    }

    fn count(&mut self, functions: u32) -> Result<(), LoadError> {
        self.functions = self.functions.saturating_add(functions);
        match self.functions > MOST_FUNCTIONS {
            true => no(format!("it has more than {MOST_FUNCTIONS} functions")),
            false => Ok(()),
        }
    }

    fn function(&mut self, body: &FunctionBody) -> Result<(), LoadError> {
        let size = body.range().len();
        if size > LARGEST_FUNCTION {
            return no(format!(
                "one of its functions is {} KiB, and at most {} KiB are compiled",
                size / 1024,
                LARGEST_FUNCTION / 1024
            ));
        }
        self.code = self.code.saturating_add(size);
        if self.code > MOST_CODE {
            return no(format!("its functions are more than the {} KiB together that are compiled", MOST_CODE / 1024));
        }
        let locals = locals(body)?;
        self.locals = self.locals.saturating_add(locals);
        if locals > MOST_LOCALS || self.locals > MOST_LOCALS_IN_ALL {
            return no(format!(
                "its functions have more locals than the {MOST_LOCALS} each, {MOST_LOCALS_IN_ALL} in all that are compiled"
            ));
        }
        let (joints, alive) = (joints(body)?, ALWAYS_ALIVE + u64::from(locals));
        let merged = joints.saturating_mul(alive);
        self.merged = self.merged.saturating_add(merged);
        match merged > DEAREST_FUNCTION || self.merged > DEAREST {
            true => no(format!(
                "one of its functions has {joints} blocks and branches over {alive} values, which would take too long to compile: at most {DEAREST_FUNCTION} of both together, {DEAREST} in all functions"
            )),
            false => Ok(()),
        }
    }

    fn end(&self) -> Result<(), LoadError> {
        match self.actions {
            true => Ok(()),
            false => no("it does not export writ:action/actions@0.1: it is a component, but no plugin of Writ".into()),
        }
    }
}

fn locals(body: &FunctionBody) -> Result<u32, LoadError> {
    let mut all = 0_u32;
    for group in readable(body.get_locals_reader())? {
        all = all.saturating_add(readable(group)?.0);
    }
    Ok(all)
}

/// Where ways part or meet.
fn joints(body: &FunctionBody) -> Result<u64, LoadError> {
    let mut all = 0_u64;
    // What is open, outermost first: whether it is a loop.
    let mut open: Vec<bool> = Vec::new();
    let mut loops = 0_u32;
    for operator in readable(body.get_operators_reader())? {
        let operator = readable(operator)?;
        match &operator {
            Operator::Block { .. } | Operator::If { .. } => open.push(false),
            Operator::Loop { .. } => {
                open.push(true);
                loops += 1;
                if loops > DEEPEST_LOOP {
                    return no(format!(
                        "one of its functions has more than the {DEEPEST_LOOP} loops in each other that are compiled"
                    ));
                }
            }
            Operator::End if open.pop() == Some(true) => loops -= 1,
            _ => {}
        }
        all += met(&operator);
    }
    Ok(all)
}

fn met(operator: &Operator) -> u64 {
    match operator {
        Operator::BrTable { targets } => u64::from(targets.len()) + 1,
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Else => 1,
        Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return | Operator::Unreachable => 1,
        _ => 0,
    }
}

fn signatures(group: &RecGroup) -> Result<(), LoadError> {
    let functions = group.types().filter_map(|t| match &t.composite_type.inner {
        CompositeInnerType::Func(f) => Some(f.params().len() + f.results().len()),
        _ => None,
    });
    match functions.max().filter(|n| *n > LONGEST_SIGNATURE) {
        Some(n) => {
            no(format!("one of its functions has {n} parameters and results, and at most {LONGEST_SIGNATURE} are compiled"))
        }
        None => Ok(()),
    }
}

/// `log` and the types; everything else would be a power that nobody granted.
fn import(name: &str) -> Result<(), LoadError> {
    match interface(name) {
        Some(Ok(Interface::Log | Interface::Types)) => Ok(()),
        Some(Err(unserved)) => Err(LoadError::Incompatible(unserved)),
        _ => {
            let shown: String = name.chars().take(80).collect();
            let wasi = if shown.starts_with("wasi:") { " (built for WASI? build for wasm32-unknown-unknown)" } else { "" };
            no(format!("it imports {shown}, and a plugin may import writ:action/log only{wasi}"))
        }
    }
}

fn readable<T>(read: wasmparser::Result<T>) -> Result<T, LoadError> {
    read.or_else(|e| no(format!("it is cut off or damaged: {}", e.message())))
}

fn no<T>(why: String) -> Result<T, LoadError> {
    Err(LoadError::NotAdmitted { why })
}
