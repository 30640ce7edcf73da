//! What a component must be before the compiler sees it. Owns what can be told from the bytes alone: form, imports, exports, and
//! the sizes on which compiling time depends. May not compile or run anything.
use super::{
    fault::LoadError,
    version::{Interface, interface},
};
use wasmparser::{CompositeInnerType, FunctionBody, Parser, Payload, RecGroup};

/// The largest component that is looked at. Rust plugins are 20 to 120 KiB; compiling takes about half a second a MiB.
pub(super) const LARGEST: usize = 4 << 20;
/// Compiling time grows faster than a function does, so it is the single function that must be bounded, not only the whole.
/// The largest of a Rust plugin is some 30 KiB.
const LARGEST_FUNCTION: usize = 128 << 10;
/// A function declares locals by count, so a few bytes can ask for many; a compiler has to keep each. Rust uses some hundred.
const MOST_LOCALS: u32 = 4_000;
/// All functions together.
const MOST_FUNCTIONS: u32 = 20_000;
/// All locals together: 25 a function.
const MOST_LOCALS_IN_ALL: u32 = 500_000;
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
        let mut locals = 0_u32;
        for group in readable(body.get_locals_reader())? {
            locals = locals.saturating_add(readable(group)?.0);
        }
        self.locals = self.locals.saturating_add(locals);
        match locals > MOST_LOCALS || self.locals > MOST_LOCALS_IN_ALL {
            true => no(format!(
                "its functions have more locals than the {MOST_LOCALS} each, {MOST_LOCALS_IN_ALL} in all that are compiled"
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
