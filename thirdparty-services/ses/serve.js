// Starts the server of the container with the account that GetAccount tells, as the native start does.
const { readFileSync } = require("node:fs");

process.env.AWS_SES_ACCOUNT = readFileSync("account.json", "utf8");
process.argv.push("--host", "0.0.0.0", "--port", "8005");
require("./node_modules/aws-ses-v2-local/dist/cli.js");
