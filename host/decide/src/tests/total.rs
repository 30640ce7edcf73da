//! Total: any execution, any observation, one step, and no panic.
