//! `writ policy test`: what passed, what did not and where, and which lines nothing has ever evaluated.
use super::check::{self, Looked};
use super::inspect;
use super::policy::Policy;
use super::problem::Problem;
use super::trial::{Outcome, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What came of testing policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each by itself.
    pub policies: Vec<Tested>,
}

/// What came of testing one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tested {
    /// `default.rego`, or the name of a policy with several modules.
    pub name: String,
    /// Tests that passed.
    pub passed: usize,
    /// Tests that did not: each a line of its own.
    pub failed: Vec<Problem>,
    /// What else keeps it from being ready.
    pub problems: Vec<Problem>,
    /// Lines that can be evaluated, and those that were.
    pub lines: (usize, usize),
    /// Lines that no test has evaluated, by module: first and last.
    pub never: Vec<(String, u32, u32)>,
}

impl Report {
    /// Everything passed: these policies would be Ready.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.policies.iter().all(|p| p.failed.is_empty() && p.problems.is_empty())
    }
}

/// Tests policies, each alone, as an operator would before it lets them decide. Blocks as [`super::check`] does.
#[must_use]
pub fn test_report(policies: &[Policy]) -> Report {
    Report { policies: policies.iter().map(tested).collect() }
}

fn tested(policy: &Policy) -> Tested {
    let own: Vec<&String> = policy.modules.keys().filter(|m| !inspect::is_test_file(m)).collect();
    let name = match own.as_slice() {
        [one] => (*one).clone(),
        _ => policy.name.clone(),
    };
    let size = policy.size();
    let whole = policy.clone();
    let tested = if size.is_empty() { check::deep(check::PATIENCE, move || run(&whole)) } else { Some(Err(size)) };
    match tested.unwrap_or_else(|| Err(vec![check::broke_off()])) {
        Ok(tested) => Tested { name, ..tested },
        Err(problems) => Tested { name, problems, ..Tested::default() },
    }
}

fn run(policy: &Policy) -> Result<Tested, Vec<Problem>> {
    let Looked { modules, denies, mut engine } = check::look(policy)?;
    engine.set_enable_coverage(true);
    let (trials, covered) = check::trials(&engine, &modules)?;
    let failed: Vec<Problem> = trials.iter().filter_map(check::failure).collect();
    let coverage = Coverage::of(&covered);
    Ok(Tested {
        name: String::new(),
        passed: trials.iter().filter(|t: &&Trial| t.outcome == Outcome::Passed).count(),
        failed,
        problems: check::never_fired(&denies, &trials),
        lines: (coverage.all, coverage.seen),
        never: coverage.never,
    })
}

struct Coverage {
    all: usize,
    seen: usize,
    never: Vec<(String, u32, u32)>,
}

impl Coverage {
    fn of(engine: &regorus::Engine) -> Self {
        let mut found = Self { all: 0, seen: 0, never: Vec::new() };
        let files = engine.get_coverage_report().map(|r| r.files).unwrap_or_default();
        for file in files.into_iter().filter(|f| !inspect::is_test_file(&f.path)) {
            // A line with two expressions counts as evaluated if one of them was.
            let missed: BTreeSet<u32> = file.not_covered.difference(&file.covered).copied().collect();
            found.all += file.covered.union(&file.not_covered).count();
            found.seen += file.covered.len();
            found.never.extend(runs(&missed).into_iter().map(|(from, to)| (file.path.clone(), from, to)));
        }
        found
    }
}

/// Neighbors together.
fn runs(lines: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => runs.push((*line, *line)),
        }
    }
    runs
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.policies.iter().map(|p| p.name.len()).max().unwrap_or_default() + 2;
        for policy in &self.policies {
            write!(f, "  {:width$} {} passed", policy.name, policy.passed)?;
            match policy.failed.len() {
                0 => writeln!(f)?,
                n => writeln!(f, ", {n} FAILED")?,
            }
            for failure in &policy.failed {
                writeln!(f, "    {}      {}:{}", failure.message, failure.file, failure.line)?;
            }
            for problem in &policy.problems {
                writeln!(f, "    {problem}")?;
            }
        }
        let (all, seen) = self.policies.iter().fold((0, 0), |(a, s), p| (a + p.lines.0, s + p.lines.1));
        if all == 0 {
            return Ok(());
        }
        write!(f, "  coverage {} %", seen * 100 / all)?;
        let never = self.never();
        if never.is_empty() { writeln!(f) } else { writeln!(f, ": {never} never evaluated") }
    }
}

impl Report {
    /// `production.rego:40-41, 50`.
    fn never(&self) -> String {
        let mut by_file: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (file, from, to) in self.policies.iter().flat_map(|p| &p.never) {
            let lines = if from == to { from.to_string() } else { format!("{from}-{to}") };
            by_file.entry(file).or_default().push(lines);
        }
        by_file.iter().map(|(file, lines)| format!("{file}:{}", lines.join(", "))).collect::<Vec<_>>().join("; ")
    }
}
