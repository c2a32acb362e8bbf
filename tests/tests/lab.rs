//! Each fixture shows here that it works, so that a failing end-to-end test means the product.
#![cfg(target_os = "linux")]

mod lab {
    mod desk;
    mod microsoft;
    mod phones;
    mod window;
}
