//! Loads URLs with reqwest, one after another, and prints the result of each.
//!
//! Each line of standard input is a URL, or `new` for a new pool. `tests/e2e/clients/table.py` compares the results
//! with those of other clients.

#![allow(clippy::print_stdout, reason = "what came of each URL is its output")]

use reqwest::Client;
use std::error::Error;
use tokio::io::{AsyncBufReadExt, BufReader};

// One thread: before it waits for the next line, the connection has returned to the pool.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = || Client::builder().no_proxy().build();
    let mut pool = client()?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if line == "new" {
            pool = client()?;
            println!("new");
        } else {
            println!("{}", load(&pool, &line).await.unwrap_or_else(|error| causes(&error)));
        }
    }
    Ok(())
}

async fn load(pool: &Client, url: &str) -> Result<String, reqwest::Error> {
    let response = pool.get(url).send().await?;
    let status = response.status().as_u16();
    response.bytes().await?;
    Ok(status.to_string())
}

/// An error and its causes in one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.replace('\n', " ")
}
