//! Members of projects.

mod add_project_member;
mod get_my_permissions;
mod list_project_members;
mod remove_project_member;
mod update_project_member;
