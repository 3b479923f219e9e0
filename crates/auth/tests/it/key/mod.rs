mod get_key_set;
