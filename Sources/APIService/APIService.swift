@main
struct APIService { static func main() {} }
