mod create_scope;
mod delete_scope;
mod update_scope;
