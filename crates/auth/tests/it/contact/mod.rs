mod get_contacts;
