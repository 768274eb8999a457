// Express with its middleware for files: what the guide of Express shows.
const express = require("express");

const app = express();
app.use(express.static(process.argv[2]));
app.listen(+process.argv[3], "127.0.0.1");
