// Command netpol is the network policy controller of kube-router and nothing else: no routes, no proxy, so without the libraries of
// those. It keeps iptables rules in line with pods and NetworkPolicies until it is stopped; who stops it removes the rules.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/cloudnativelabs/kube-router/v2/pkg/svcip"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	config := options.NewKubeRouterConfig()
	config.EnableIPv4 = true
	flag.StringVar(&config.Kubeconfig, "kubeconfig", "", "whom to be")
	flag.StringVar(&config.HostnameOverride, "node", "", "whose pods")
	flag.StringVar(&config.ClusterIPCIDRs[0], "services", "", "the addresses of services")
	// Each event of a pod or a policy makes it look at once; this is for rules that somebody else took away.
	flag.DurationVar(&config.IPTablesSyncPeriod, "period", time.Minute, "how often to look without an event")
	flag.Parse()
	if err := run(config); err != nil {
		log.Fatalln("netpol:", err)
	}
}

func run(config *options.KubeRouterConfig) error {
	access, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	services, err := svcip.NewValidator(svcip.Config{ClusterIPCIDRs: config.ClusterIPCIDRs, EnableIPv4: true})
	if err != nil {
		return err
	}
	tables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	var mutex sync.Mutex
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, namespaces, &mutex, nil, tables, sets, services)
	if err != nil {
		return err
	}
	// Before the first look every list is whole, or it would let pass what a policy forbids.
	stop := make(chan struct{})
	factory.Start(stop)
	factory.WaitForCacheSync(stop)
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods: controller.PodEventHandler, namespaces: controller.NamespaceEventHandler, policies: controller.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	runUntilTold(controller, stop)
	return nil
}

// runUntilTold: a look that has begun ends before we do, so nobody's rules are half written.
func runUntilTold(controller *netpol.NetworkPolicyController, stop chan struct{}) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGINT, syscall.SIGTERM)
	// It waits for somebody to hear that it lives.
	alive := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range alive {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	go controller.Run(alive, stop, &running)
	<-told
	close(stop)
	running.Wait()
}
