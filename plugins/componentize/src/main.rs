//! `componentize IN.wasm OUT.wasm`: what `wasm-tools component new` does, as a program of a few lines, so that building a
//! plugin needs no tool that takes five minutes to install. Prints name, size and sha256 of what it wrote.
//! `componentize --exports FILE.wasm`: what a component imports and exports.
use sha2::{Digest, Sha256};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use wit_component::{ComponentEncoder, DecodedWasm};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["--exports", file] => exports(file),
        [module, component] => encode(Path::new(module), Path::new(component)),
        _ => Err("usage: componentize IN.wasm OUT.wasm | componentize --exports FILE.wasm".into()),
    };
    match done {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("componentize: {error}");
            ExitCode::FAILURE
        }
    }
}

fn encode(module: &Path, component: &Path) -> Result<String, Box<dyn Error>> {
    let bytes = std::fs::read(module)?;
    let encoded = ComponentEncoder::default().validate(true).module(&bytes)?.encode()?;
    // whoever reads the directory meanwhile sees the old file or the new one, never half of it
    let unfinished = component.with_extension("unfinished");
    std::fs::write(&unfinished, &encoded)?;
    std::fs::rename(&unfinished, component)?;
    let name = component.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let digest: String = Sha256::digest(&encoded).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{name} {} bytes sha256:{digest}", encoded.len()))
}

fn exports(file: &str) -> Result<String, Box<dyn Error>> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&std::fs::read(file)?)? else {
        return Err("this is a WIT package, not a component".into());
    };
    let Some(world) = resolve.worlds.get(world) else { return Err("the component has no world".into()) };
    let named = |word: &str, key| format!("{word} {}", resolve.name_world_key(key));
    let imports = world.imports.keys().map(|key| named("import", key));
    let exports = world.exports.keys().map(|key| named("export", key));
    Ok(imports.chain(exports).collect::<Vec<_>>().join("\n"))
}
