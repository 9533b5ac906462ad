@main
struct WebhookWorker { static func main() {} }
