//! What the operator counts, as a scraper reads it.
use crate::Cluster;
use anyhow::{Context, Result};

/// Where the operator serves its metrics.
const PORT: u16 = 8080;

impl Cluster {
    /// The value of a counter with exactly these labels, such as `writ_errors_total{kind="full"}`; zero where it is not there yet.
    ///
    /// # Errors
    /// Where the operator does not answer, or with something else than numbers.
    pub async fn counted(&self, counter: &str) -> Result<u64> {
        let text = self.ask_operator(PORT, "/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(counter)?.strip_prefix(' '));
        value.map_or(Ok(0), |value| value.parse().with_context(|| format!("{counter} is {value:?}")))
    }
}
