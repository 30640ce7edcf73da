//! Reads policies from a directory, for the command line. `NAME.rego` with `NAME_test.rego` and, for its settings, `NAME.yaml` is a
//! policy; so is a directory `NAME` of modules with `settings.yaml`. Everything is opened through the one `Dir` that is given.
use super::policy::{LONGEST_BUNDLE, Policy};
use cap_std::fs::Dir;
use std::collections::BTreeMap;
use std::io::Read as _;

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The directory.
    #[error("failed to list {what}")]
    List {
        /// Which.
        what: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file in it.
    #[error("failed to read {file}")]
    File {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Settings that are not YAML or JSON.
    #[error("failed to parse the settings in {file}: {why}")]
    Settings {
        /// Which.
        file: String,
        /// Why.
        why: String,
    },
    /// There is nothing to do.
    #[error("there is no module (NAME.rego) in this directory")]
    Empty,
}

/// All policies in a directory, by name.
pub fn read(dir: &Dir) -> Result<Vec<Policy>, ReadError> {
    let (files, directories) = entries(dir, ".")?;
    let mut policies = single(dir, &files)?;
    for name in directories {
        let inside = dir.open_dir(&name).map_err(|source| ReadError::List { what: name.clone(), source })?;
        let (files, _) = entries(&inside, &name)?;
        let modules: Vec<&String> = files.iter().filter(|f| f.ends_with(".rego")).collect();
        if !modules.is_empty() {
            policies.push(policy(&inside, &name, &modules, &files, "settings")?);
        }
    }
    if policies.is_empty() { Err(ReadError::Empty) } else { Ok(policies) }
}

/// Names of files and of directories, in order.
fn entries(dir: &Dir, what: &str) -> Result<(Vec<String>, Vec<String>), ReadError> {
    let failed = |source| ReadError::List { what: what.to_owned(), source };
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for entry in dir.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let directory = entry.file_type().map_err(failed)?.is_dir();
        if directory { directories.push(name) } else { files.push(name) }
    }
    files.sort();
    directories.sort();
    Ok((files, directories))
}

fn single(dir: &Dir, files: &[String]) -> Result<Vec<Policy>, ReadError> {
    let mut policies = Vec::new();
    for name in files.iter().filter_map(|f| f.strip_suffix(".rego")).filter(|n| !n.ends_with("_test")) {
        let own = [format!("{name}.rego"), format!("{name}_test.rego")];
        let modules: Vec<&String> = files.iter().filter(|f| own.contains(f)).collect();
        policies.push(policy(dir, name, &modules, files, name)?);
    }
    Ok(policies)
}

fn policy(dir: &Dir, name: &str, modules: &[&String], files: &[String], settings: &str) -> Result<Policy, ReadError> {
    let modules: BTreeMap<String, String> =
        modules.iter().map(|file| Ok(((*file).clone(), text(dir, file)?))).collect::<Result<_, ReadError>>()?;
    let candidates = ["yaml", "yml", "json"].map(|end| format!("{settings}.{end}"));
    let data = match files.iter().find(|f| candidates.contains(f)) {
        None => serde_json::json!({}),
        Some(file) => serde_saphyr::from_str(&text(dir, file)?)
            .map_err(|e| ReadError::Settings { file: file.clone(), why: e.to_string() })?,
    };
    Ok(Policy { name: name.to_owned(), modules, data, ..Policy::default() })
}

/// No more than a bundle may have and one byte, so that too much is seen to be too much.
fn text(dir: &Dir, file: &str) -> Result<String, ReadError> {
    let failed = |source| ReadError::File { file: file.to_owned(), source };
    let mut text = String::new();
    let limit = u64::try_from(LONGEST_BUNDLE).unwrap_or(u64::MAX).saturating_add(1);
    dir.open(file).map_err(failed)?.take(limit).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
