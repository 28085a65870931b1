//! The system's libcrypto: foreign declarations (`sys`) and owned or borrowed wrappers around them.

pub mod err;
pub mod sys;
