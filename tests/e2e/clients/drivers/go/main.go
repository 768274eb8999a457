// Loads URLs with net/http. A line of input is a URL, or `new` for a new pool; a line of output is the result.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
)

func load(client *http.Client, url string) string {
	response, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	if _, err = io.Copy(io.Discard, response.Body); err != nil {
		return err.Error()
	}
	return fmt.Sprint(response.StatusCode)
}

func main() {
	transport := &http.Transport{}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == "new" {
			transport.CloseIdleConnections()
			transport = &http.Transport{}
			fmt.Println("new")
		} else {
			fmt.Println(load(&http.Client{Transport: transport}, lines.Text()))
		}
	}
}
