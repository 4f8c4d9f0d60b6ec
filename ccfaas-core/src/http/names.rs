//! Names in paths and queries, read strictly, refused as problems.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, RawQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use veracruz_rest::Problem;

use crate::store::Page;

/// Names on one page.
const PAGE: std::ops::RangeInclusive<u32> = 1..=1000;

/// Names in a path, with their percent-encoding taken off.
pub(super) struct Names<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Names<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let names = Path::from_request_parts(parts, state).await;
        names.map(|Path(names)| Names(names)).map_err(|rejection: PathRejection| {
            Problem::new(400, "bad-path", format_args!("the path cannot be read: {}", rejection.body_text()))
        })
    }
}

/// A part of a list; an addition to the i-poc, which always gave all.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Paging` reads")]
pub(super) struct PageQuery {
    /// At most so many names; all, where it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Only names behind this one, in the order of their bytes.
    after: Option<String>,
}

/// `limit` and `after` of a query; other keys are ignored.
pub(super) struct Paging(pub(super) Page);

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let RawQuery(query) = match RawQuery::from_request_parts(parts, state).await {
            Ok(query) => query,
            Err(never) => match never {},
        };
        let mut page = Page::default();
        for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*key {
                "limit" => {
                    let number = value.parse().ok().filter(|number| PAGE.contains(number));
                    page.limit = Some(number.ok_or_else(bad_limit)?);
                }
                "after" => page.after = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(Paging(page))
    }
}

fn bad_limit() -> Problem {
    let detail = format!("`limit` is a whole number from {} to {}", PAGE.start(), PAGE.end());
    Problem::new(400, "bad-query", detail)
}
