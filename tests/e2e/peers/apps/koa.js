const koa = require("koa");

const app = new (koa.default ?? koa)();
app.use(require("koa-static")(process.argv[2]));
app.listen(+process.argv[3], "127.0.0.1");
