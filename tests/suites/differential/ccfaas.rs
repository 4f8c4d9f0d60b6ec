//! CCFaaS: every outcome of every route, and C1 to C27.

mod answers;
mod files;
mod instances;
mod policies;
mod routes;
mod uploads;
mod vaas_trouble;

use crate::cases::Case;

pub(crate) fn cases() -> Vec<Case> {
    [
        routes::CASES,
        files::CASES,
        answers::CASES,
        instances::CASES,
        policies::CASES,
        uploads::CASES,
        vaas_trouble::CASES,
    ]
    .concat()
}
