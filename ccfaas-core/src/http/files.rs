//! `/function/{function}/program` and `/function/{function}/data_file`: what functions are loaded with.
//!
//! Bodies are raw bytes with any content type: scripts of the i-poc send programs as `application/json`. The last part of
//! the path is the file's name in base64, or as it is; slashes in it are part of it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, Response};
use futures_util::stream::Fuse;
use futures_util::{Stream, StreamExt as _};
use veracruz_rest::server::{acknowledged, json};
use veracruz_rest::{DataFileList, Problem, ProgramList};

use super::names::Names;
use super::refused;
use crate::error::Error;
use crate::service::Ccfaas;
use crate::store::FileKind;

/// A function and a file of it.
type File = Names<(String, String)>;

/// The loaded programs of a function; none where there is no such function.
#[utoipa::path(get, path = "/function/{function}/program", tag = "files",
    params(("function" = String, Path, description = "The function's name")), responses(
    (status = 200, description = "Their names in base64", body = ProgramList),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list_programs(
    State(service): State<Arc<Ccfaas>>,
    Names(function): Names<String>,
) -> Result<Response<Body>, Problem> {
    let programs = service.files(&function, FileKind::Program).await.map_err(refused)?;
    Ok(json(&ProgramList { programs }))
}

/// The loaded data files of a function; none where there is no such function.
#[utoipa::path(get, path = "/function/{function}/data_file", tag = "files",
    params(("function" = String, Path, description = "The function's name")), responses(
    (status = 200, description = "Their names in base64", body = DataFileList),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list_data_files(
    State(service): State<Arc<Ccfaas>>,
    Names(function): Names<String>,
) -> Result<Response<Body>, Problem> {
    let data_files = service.files(&function, FileKind::DataFile).await.map_err(refused)?;
    Ok(json(&DataFileList { data_files }))
}

/// Whether a program is loaded.
#[utoipa::path(get, path = "/function/{function}/program/{*file}", tag = "files", params(
    ("function" = String, Path, description = "The function's name"),
    ("file" = String, Path, description = "The program's name, in base64 or as it is"),
), responses(
    (status = 200, description = "It is loaded", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such function, no such program, or it is not loaded", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn show_program(
    State(service): State<Arc<Ccfaas>>,
    Names((function, file)): File,
) -> Result<Response<Body>, Problem> {
    let name = service.loaded_file(&function, FileKind::Program, &file).await.map_err(refused)?;
    Ok(acknowledged(&format!("programn {name} is loaded in function {function}")))
}

/// Whether a data file is loaded.
#[utoipa::path(get, path = "/function/{function}/data_file/{*file}", tag = "files", params(
    ("function" = String, Path, description = "The function's name"),
    ("file" = String, Path, description = "The data file's name, in base64 or as it is"),
), responses(
    (status = 200, description = "It is loaded", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such function, no such data file, or it is not loaded", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn show_data_file(
    State(service): State<Arc<Ccfaas>>,
    Names((function, file)): File,
) -> Result<Response<Body>, Problem> {
    let name = service.loaded_file(&function, FileKind::DataFile, &file).await.map_err(refused)?;
    Ok(acknowledged(&format!("data_file {name} is loaded in function {function}")))
}

/// Loads a program: its SHA-256 must be the one that the function declares.
#[utoipa::path(post, path = "/function/{function}/program/{*file}", tag = "files", params(
    ("function" = String, Path, description = "The function's name"),
    ("file" = String, Path, description = "The program's name, in base64 or as it is"),
), request_body(content = Vec<u8>, description = "The program; any content type", content_type = "application/octet-stream"),
responses(
    (status = 200, description = "It is loaded", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read, or the program is too large, has another hash, was cut off, or \
     is loaded already", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such function or no such program", body = Problem,
     content_type = "application/problem+json"),
    (status = 507, description = "There is no space left", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn load_program(
    State(service): State<Arc<Ccfaas>>,
    file: File,
    request: Request,
) -> Result<Response<Body>, Problem> {
    load(&service, FileKind::Program, file, request).await?;
    Ok(acknowledged("function loaded!"))
}

/// Loads a data file: its SHA-256 must be the one that the function declares.
#[utoipa::path(post, path = "/function/{function}/data_file/{*file}", tag = "files", params(
    ("function" = String, Path, description = "The function's name"),
    ("file" = String, Path, description = "The data file's name, in base64 or as it is"),
), request_body(content = Vec<u8>, description = "The file; any content type", content_type = "application/octet-stream"),
responses(
    (status = 200, description = "It is loaded", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read, or the file is too large, has another hash, was cut off, or is \
     loaded already", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such function or no such data file", body = Problem,
     content_type = "application/problem+json"),
    (status = 507, description = "There is no space left", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn load_data_file(
    State(service): State<Arc<Ccfaas>>,
    file: File,
    request: Request,
) -> Result<Response<Body>, Problem> {
    let name = load(&service, FileKind::DataFile, file, request).await?;
    Ok(acknowledged(&format!("data_file {name} loaded!")))
}

/// Removes a program.
#[utoipa::path(delete, path = "/function/{function}/program/{*file}", tag = "files", params(
    ("function" = String, Path, description = "The function's name"),
    ("file" = String, Path, description = "The program's name, in base64 or as it is"),
), responses(
    (status = 200, description = "It is removed", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such function, no such program, or it is not loaded", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn delete_program(
    State(service): State<Arc<Ccfaas>>,
    Names((function, file)): File,
) -> Result<Response<Body>, Problem> {
    let name = service.remove_file(&function, FileKind::Program, &file).await.map_err(refused)?;
    Ok(acknowledged(&format!("programn {name} is deleted from function {function}")))
}

/// Removes a data file.
#[utoipa::path(delete, path = "/function/{function}/data_file/{*file}", tag = "files", params(
    ("function" = String, Path, description = "The function's name"),
    ("file" = String, Path, description = "The data file's name, in base64 or as it is"),
), responses(
    (status = 200, description = "It is removed", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such function, no such data file, or it is not loaded", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn delete_data_file(
    State(service): State<Arc<Ccfaas>>,
    Names((function, file)): File,
) -> Result<Response<Body>, Problem> {
    let name = service.remove_file(&function, FileKind::DataFile, &file).await.map_err(refused)?;
    Ok(acknowledged(&format!("data_file {name} is deleted from function {function}")))
}

async fn load(
    service: &Arc<Ccfaas>,
    kind: FileKind,
    Names((function, segment)): File,
    request: Request,
) -> Result<String, Problem> {
    let (head, body) = request.into_parts();
    let length = declared_length(&head.headers);
    let mut body = Upload { body: body.into_data_stream().fuse(), was_asked_for: false };
    let loaded = service.load_file((&function, kind, &segment), length, &mut body).await;
    let is_refused = loaded.as_ref().is_err_and(|error| !matches!(error, Error::BodyIncomplete));
    // Who sent `Expect` waits, unless the body was asked for: then it was told to go on.
    let is_coming = body.was_asked_for || !head.headers.contains_key(EXPECT);
    if is_refused && is_coming {
        read_away(&mut body, length, service.limit(kind)).await;
    }
    loaded.map_err(refused)
}

/// A body, and whether anybody has asked for it: that is when a sender who waits is told `100 Continue`.
struct Upload {
    body: Fuse<BodyDataStream>,
    was_asked_for: bool,
}

impl Stream for Upload {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.was_asked_for = true;
        self.body.poll_next_unpin(context)
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the rest of a body that is refused: a client that goes on sending while the connection is closed would not see
/// the answer (RFC 9112, section 9.6). What is far beyond the limit is not waited for.
async fn read_away(body: &mut Upload, length: Option<u64>, limit: u64) {
    let bound = limit.saturating_mul(2);
    if length.is_some_and(|length| length > bound) {
        return;
    }
    let mut read = 0_u64;
    while let Some(Ok(piece)) = body.next().await {
        read = read.saturating_add(piece.len() as u64);
        if read > bound {
            return;
        }
    }
}
