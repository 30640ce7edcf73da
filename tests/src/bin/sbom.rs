//! `make sbom`: what a program is made of, as CycloneDX 1.5, from what cargo says of it.
//! Usage: cargo metadata --format-version 1 --locked --filter-platform TRIPLE | sbom PACKAGE CARGO.LOCK > SBOM
//! What only tests have is not in it; what only the build has (build scripts, macros) is, marked `excluded`.
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON: null where there is nothing")]
#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut next = || arguments.next().context("usage: sbom PACKAGE CARGO.LOCK < METADATA");
    let (package, lock) = (next()?, next()?);
    let package = package.to_str().context("PACKAGE is no text")?;
    let lock = std::fs::read_to_string(&lock).with_context(|| format!("failed to read {}", lock.display()))?;
    let mut metadata = String::new();
    std::io::stdin().read_to_string(&mut metadata).context("failed to read what cargo says")?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("failed to parse what cargo says")?;
    println!("{:#}", bill(&metadata, package, &checksums(&lock))?);
    Ok(())
}

#[derive(serde::Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(serde::Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    description: Option<String>,
    repository: Option<String>,
    source: Option<String>,
}

#[derive(serde::Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(serde::Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(serde::Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(serde::Deserialize)]
struct Kind {
    /// None: a normal one.
    kind: Option<String>,
}

impl Dependency {
    fn is(&self, wanted: Option<&str>) -> bool {
        self.dep_kinds.iter().any(|k| k.kind.as_deref() == wanted)
    }
}

/// `name version` to its sha256, as the lock file has them.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(" = "));
        line.map(|text| text.trim_matches('"').to_owned())
    };
    let blocks = lock.split("[[package]]").skip(1);
    blocks.filter_map(|b| Some((format!("{} {}", value(b, "name")?, value(b, "version")?), value(b, "checksum")?))).collect()
}

fn bill(metadata: &Metadata, package: &str, checksums: &BTreeMap<String, String>) -> Result<Value> {
    let packages: BTreeMap<&str, &Package> = metadata.packages.iter().map(|p| (p.id.as_str(), p)).collect();
    let nodes: BTreeMap<&str, &Node> = metadata.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let root = metadata.packages.iter().find(|p| p.name == package).with_context(|| format!("there is no package {package}"))?;
    let shipped = reached(&nodes, &root.id, |d| d.is(None));
    let all = reached(&nodes, &root.id, |d| d.is(None) || d.is(Some("build")));
    let parts = all.iter().filter(|id| **id != root.id).filter_map(|id| packages.get(id));
    let components: Vec<Value> = parts.map(|p| component(p, "library", shipped.contains(p.id.as_str()), checksums)).collect();
    let edges = all.iter().filter_map(|id| Some((packages.get(id)?, nodes.get(id)?)));
    let dependencies: Vec<Value> = edges
        .map(|(p, node)| {
            let on = node.deps.iter().filter(|d| (d.is(None) || d.is(Some("build"))) && all.contains(d.pkg.as_str()));
            let on: BTreeSet<String> = on.filter_map(|d| packages.get(d.pkg.as_str()).map(|p| purl(p))).collect();
            json!({"ref": purl(p), "dependsOn": on})
        })
        .collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": component(root, "application", true, checksums)},
        "components": components, "dependencies": dependencies,
    }))
}

/// All that is under a package, itself too.
fn reached<'a>(nodes: &BTreeMap<&'a str, &'a Node>, root: &'a str, follow: impl Fn(&Dependency) -> bool) -> BTreeSet<&'a str> {
    let (mut found, mut next) = (BTreeSet::new(), vec![root]);
    while let Some(id) = next.pop() {
        if found.insert(id) {
            let deps = nodes.get(id).into_iter().flat_map(|n| &n.deps);
            next.extend(deps.filter(|d| follow(d)).map(|d| d.pkg.as_str()));
        }
    }
    found
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.replace('+', "%2B"))
}

fn component(package: &Package, kind: &str, shipped: bool, checksums: &BTreeMap<String, String>) -> Value {
    let Package { name, version, license, description, repository, source, .. } = package;
    let mut made = json!({
        "type": kind, "bom-ref": purl(package), "purl": purl(package), "name": name, "version": version,
        "scope": if shipped { "required" } else { "excluded" },
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            made[key] = value;
        }
    };
    // `MIT/Apache-2.0` is how it was written before SPDX expressions.
    set("licenses", license.as_ref().map(|l| json!([{"expression": l.replace('/', " OR ")}])));
    set("description", description.as_ref().map(|d| json!(d.trim())));
    set("externalReferences", repository.as_ref().map(|url| json!([{"type": "vcs", "url": url}])));
    let known = source.as_ref().and_then(|_| checksums.get(&format!("{name} {version}")));
    set("hashes", known.map(|sha| json!([{"alg": "SHA-256", "content": sha}])));
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_told_from_what_only_builds_and_tests_have_nothing_in_it() {
        let package = |name: &str| {
            json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "description": null,
            "repository": null, "source": "registry"})
        };
        let on = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let node = |id: &str, deps: Value| json!({"id": id, "deps": deps});
        let metadata = json!({
            "packages": (["writ", "a", "b", "c"].map(package)),
            "resolve": {"nodes": [
                node("writ", json!([on("a", Value::Null), on("b", json!("build")), on("c", json!("dev"))])),
                node("a", json!([])), node("b", json!([on("a", Value::Null)])), node("c", json!([])),
            ]},
        });
        let metadata: Metadata = serde_json::from_value(metadata).unwrap();
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"77\"\n";
        let bill = bill(&metadata, "writ", &checksums(lock)).unwrap();
        let parts: Vec<_> =
            bill["components"].as_array().unwrap().iter().map(|c| (c["name"].clone(), c["scope"].clone())).collect();
        assert_eq!(parts, [(json!("a"), json!("required")), (json!("b"), json!("excluded"))]);
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "77");
        assert_eq!(bill["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        let depends = json!({"ref": "pkg:cargo/b@1.0.0", "dependsOn": ["pkg:cargo/a@1.0.0"]});
        assert!(bill["dependencies"].as_array().unwrap().contains(&depends), "{bill:#}");
    }
}
