module example.test/driver

go 1.19
