//! The system's libcrypto: foreign declarations (`sys`) and owned or borrowed wrappers around them.

pub mod bio;
pub mod err;
pub mod ex_data;
pub mod lib_ctx;
pub mod memory;
pub mod stack;
pub mod sys;
pub mod x509;
