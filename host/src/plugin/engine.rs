//! The wasmtime engine: which WebAssembly it takes, how it is cut off, where its memory comes from. Owns `Config` and the clock
//! that ends calls. May not know the contract.
use super::limits::Limits;
use std::{thread, time::Duration};
use wasmtime::{Config, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

/// How often running components are asked whether their time is over: a call ends at most this late. 200 wake-ups a second cost
/// nothing that can be measured.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// Of a component: the core modules in it, their memories and tables. wit-component makes three instances of a Rust plugin.
pub(super) const INSTANCES: u32 = 8;
pub(super) const MEMORIES: u32 = 2;
pub(super) const TABLES: u32 = 8;

/// This machine cannot run WebAssembly.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// wasmtime does not take its settings, with or without a pool.
    #[error("failed to start the WebAssembly engine")]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No thread for the clock that ends calls.
    #[error("failed to start the clock of the WebAssembly engine")]
    Clock(#[source] std::io::Error),
    /// The host's own functions cannot be linked.
    #[error("failed to link the functions a plugin may import")]
    Link(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// wasmtime, as this host uses it.
pub(super) struct Engine {
    pub(super) wasm: wasmtime::Engine,
    slots: u32,
}

impl Engine {
    pub(super) fn new() -> Result<Self, EngineError> {
        let slots = slots(thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)));
        let wasm = pooled(slots, RESERVATION).or_else(|error| {
            // A pool reserves address space only, but a lot of it; where that is limited (`ulimit -v`), calls cost 20 µs more.
            tracing::warn!(%error, "no pool for plugin memory on this machine; memory is mapped for each call");
            wasmtime::Engine::new(&on_demand()).map_err(|e| EngineError::Start(e.into()))
        })?;
        tick(wasm.weak())?;
        Ok(Self { wasm, slots })
    }

    /// How many components may run at once.
    pub(super) const fn slots(&self) -> u32 {
        self.slots
    }
}

/// Address space for each memory: with all of what 32 bits can address reserved, no access needs a check.
const RESERVATION: u64 = 4 << 30;

/// Calls never wait for anything but the processor, so a few a core keep it busy; at least some, so that one that computes for
/// ever does not hold all the others up.
fn slots(cores: u32) -> u32 {
    cores.saturating_mul(4).clamp(8, 64)
}

/// What both ways of getting memory have in common.
fn common() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        // A quarter of what a thread of tokio's has, so that the host's own frames have room above the guest's.
        .max_wasm_stack(512 << 10)
        // NaNs differ between machines; a plan must not.
        .cranelift_nan_canonicalization(true)
        // Compiling is allowed one core: the others answer calls.
        .parallel_compilation(false)
        // DWARF is input of a stranger's; names of functions are enough.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .gc_support(false)
        .wasm_component_model(true);
    // What Rust does not need is not there to be attacked.
    config
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_threads(false)
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_tail_call(false)
        .wasm_exceptions(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false);
    config
}

pub(super) fn on_demand() -> Config {
    let mut config = common();
    // Where the pool did not fit, four gigabytes a call may not either.
    config.memory_reservation(Limits::ceiling().memory as u64).memory_guard_size(64 << 10);
    config
}

fn pooled(slots: u32, reservation: u64) -> Result<wasmtime::Engine, wasmtime::Error> {
    let most = Limits::ceiling();
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots * INSTANCES)
        .total_memories(slots * MEMORIES)
        .total_tables(slots * TABLES)
        .max_core_instances_per_component(INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memory_size(most.memory)
        .table_elements(most.table)
        // Wiping this much is faster than giving it back; kept for every slot ever used, 16 MiB at 64 slots.
        .linear_memory_keep_resident(256 << 10);
    let mut config = common();
    config.memory_reservation(reservation).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    wasmtime::Engine::new(&config)
}

/// A thread of its own: the async runtime may be busy exactly when a call must be ended. It ends with the engine.
fn tick(engine: EngineWeak) -> Result<(), EngineError> {
    #[allow(clippy::disallowed_methods, reason = "the beat of a clock is a time")]
    let beat = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("plugin-clock".into()).spawn(beat).map_err(EngineError::Clock)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_address_space_is_too_small_for_a_pool_memory_is_mapped_on_demand() {
        // More than 47 bits can address: as `ulimit -v` would have it, but for this engine alone.
        assert!(pooled(64, 1 << 42).is_err());
        assert!(wasmtime::Engine::new(&on_demand()).is_ok());
    }

    #[test]
    fn there_are_places_for_a_few_calls_on_any_machine_and_never_for_hundreds() {
        assert_eq!([1, 4, 1_000].map(slots), [8, 16, 64]);
    }
}
