//! ProjectionService.

mod get_projection_status;
