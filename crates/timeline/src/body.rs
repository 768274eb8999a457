//! Reads the body of a request to the timeline.

use super::refusal::Refusal;
use axum::extract::Request;
use axum::http::header;
use http_body_util::BodyExt;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// The largest JSON that is accepted, in bytes.
const LARGEST: usize = 64 << 10;

/// How many bytes of a larger body are read and discarded. Closing with unread bytes would send a reset, and the client
/// might never read the refusal.
const DISCARDED: usize = 16 << 20;

/// How long JSON may take to arrive.
const TIME: Duration = Duration::from_secs(10);

/// Reads the body of a request as JSON.
///
/// # Errors
/// Content-Type is not `application/json`, or the body is too large, too slow or not JSON.
pub(super) async fn json(request: Request) -> Result<Value, Refusal> {
    let is_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"));
    let bytes = bytes(request, LARGEST, TIME).await?;
    if !is_json {
        return Err(Refusal::wrong_type());
    }
    serde_json::from_slice(&bytes).map_err(Refusal::bad_json)
}

/// Reads the body of a request.
///
/// # Errors
/// It is larger than `largest` bytes, or takes longer than `time`.
pub(super) async fn bytes(request: Request, largest: usize, time: Duration) -> Result<Vec<u8>, Refusal> {
    timeout(time, read(request, largest))
        .await
        .map_err(|_| Refusal::bad_body(format!("did not arrive within {time:?}")))?
}

/// Reads and discards the body of a request that is refused, so that the client can read the refusal.
pub(super) async fn discard(request: Request) {
    let _ = bytes(request, LARGEST, TIME).await;
}

async fn read(request: Request, largest: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = request.into_body();
    let (mut bytes, mut received) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::bad_body(format!("cannot be read: {error}")))?;
        let Some(data) = frame.data_ref() else { continue };
        received += data.len();
        if received <= largest {
            bytes.extend_from_slice(data);
        } else if received > largest + DISCARDED {
            break;
        }
    }
    if received > largest {
        return Err(Refusal::too_large(largest));
    }
    Ok(bytes)
}
